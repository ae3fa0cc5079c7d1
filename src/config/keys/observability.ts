import type { TracingSettings } from '../../observe/tracing/tracing-settings.js';
import { choice, duration, flag, integer, named, number, optional, type Static, section, text } from '../schema-builder.js';
import type { MetricsSettings, ObservabilitySettings } from '../settings.js';

const PREFIX = { pattern: '^([a-zA-Z_][a-zA-Z0-9_]*)?$', 'x-form': 'a letter or _, then letters, digits or _; or nothing' };
const LABEL_NAME = {
  type: 'string',
  pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$',
  maxLength: 64,
  'x-form': 'a letter or _, then letters, digits or _',
} as const;
const HEADER_NAME = { type: 'string', pattern: '^[A-Za-z0-9-]+$', maxLength: 100, 'x-form': 'letters, digits and -' } as const;

export const ObservabilitySchema = section(
  {
    tracing: section(
      {
        enabled: flag('Spans of every request and run are made and sent.', { default: false }),
        exporter: choice(
          ['otlp', 'jaeger', 'zipkin', 'stdout', 'debug'],
          'Where to. jaeger is OTLP, which Jaeger takes; stdout writes lines of JSON; debug keeps spans in this process.',
          { default: 'otlp' },
        ),
        protocol: choice(
          ['auto', 'grpc', 'http/protobuf', 'http/json'],
          'What OTLP is spoken over; auto is HTTP for port 4318 and for an address with a path, else gRPC.',
          { default: 'auto' },
        ),
        endpoint: optional(
          text('host:port or a URL (default localhost:4317; zipkin http://localhost:9411/api/v2/spans).', { minLength: 1 }),
        ),
        sampling_rate: number('Part of the traces that begin here which are kept.', { default: 1, minimum: 0, maximum: 1 }),
        caller_traces_per_second: integer(
          'Traces kept in a second because their callers ask for it (traceparent with the flag sampled), whoever they are; beyond that sampling_rate decides about theirs, too. 0: callers decide nothing.',
          { default: 100, minimum: 0, maximum: 1_000_000 },
        ),
        service_name: text('What collectors call this service.', { default: 'hector', minLength: 1 }),
        service_version: text("Version that collectors see; empty is Hector's own.", { default: '' }),
        insecure: flag('An endpoint without a scheme is reached without TLS.', { default: true }),
        headers: named(text('Value of the header.', { writeOnly: true }), 'Headers that are sent to the collector.', HEADER_NAME),
        capture_payloads: flag('What models and tools were told and said stands on their spans, redacted and cut.', { default: false }),
        debug_exporter: flag('The last 1,000 spans of this process can be read at /api/traces.', { default: true }),
        timeout: duration('Longest wait for the collector.', { default: 10_000, minimum: 1 }),
      },
      'Traces (OBS-01).',
    ),
    metrics: section(
      {
        enabled: flag('Metrics are served for Prometheus.', { default: false }),
        endpoint: text('Path of the metrics.', { default: '/metrics', pattern: '^/[\\w./-]+$', 'x-form': 'a path such as /metrics' }),
        namespace: text('Before every name.', { default: 'hector', ...PREFIX }),
        subsystem: text('Between namespace and name; empty is nothing.', { default: '', ...PREFIX }),
        const_labels: named(text('Value of the label.'), 'Labels on every series.', LABEL_NAME),
        port: optional(
          integer('Every process serves metrics and health here, on server.host, and no metrics beside the agents.', {
            minimum: 0,
            maximum: 65_535,
          }),
        ),
      },
      'Metrics (OBS-03).',
    ),
  },
  'What the process tells about itself.',
);

export function resolveObservability({ tracing, metrics }: Static<typeof ObservabilitySchema>): ObservabilitySettings {
  return { tracing: resolveTracing(tracing), metrics: resolveMetrics(metrics) };
}

function resolveTracing(tracing: Static<typeof ObservabilitySchema>['tracing']): TracingSettings {
  return {
    enabled: tracing.enabled,
    exporter: tracing.exporter,
    protocol: tracing.protocol,
    endpoint: tracing.endpoint ?? defaultEndpoint(tracing.exporter),
    samplingRate: tracing.sampling_rate,
    callerTracesPerSecond: tracing.caller_traces_per_second,
    serviceName: tracing.service_name,
    serviceVersion: tracing.service_version,
    insecure: tracing.insecure,
    headers: tracing.headers,
    capturePayloads: tracing.capture_payloads,
    debugExporter: tracing.debug_exporter,
    timeoutMs: tracing.timeout,
  };
}

function resolveMetrics(metrics: Static<typeof ObservabilitySchema>['metrics']): MetricsSettings {
  return {
    enabled: metrics.enabled,
    endpoint: metrics.endpoint,
    namespace: metrics.namespace,
    subsystem: metrics.subsystem,
    constLabels: metrics.const_labels,
    port: metrics.port,
  };
}

export function defaultEndpoint(exporter: TracingSettings['exporter']): string {
  return exporter === 'zipkin' ? 'http://localhost:9411/api/v2/spans' : 'localhost:4317';
}
