/**
 * Tracing of this process (OBS-01). Nothing of OpenTelemetry's SDK is loaded before this is called.
 *
 * Owns: OpenTelemetry's global provider, context and propagator, which exist once per process. Who starts tracing while it is on shares what
 * is there; the last one to close ends it.
 */
import { context, propagation, trace } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import { systemClock } from '../../base/clock.js';
import { AppError, describeError } from '../../base/errors.js';
import type { Logger } from '../log.js';
import type { Meter } from '../meter.js';
import { capturePayloads, decideOncePerTrace } from '../trace.js';
import { resolveEndpoint } from './resolve-endpoint.js';
import { SpanRing, type TraceReader } from './span-ring.js';
import type { TracingSettings } from './tracing-settings.js';

export interface Tracing {
  /** `undefined` with `debug_exporter: false`. */
  readonly traces: TraceReader | undefined;
  /** Sends what waits, within two seconds. May be called twice. */
  close(): Promise<void>;
}

export interface StartTracingOptions {
  readonly version: string;
  readonly metrics: Meter;
  readonly log: Logger;
}

interface Active {
  readonly ring: SpanRing | undefined;
  readonly shutdown: () => Promise<void>;
  users: number;
}

let active: Promise<Active> | undefined;

/** @throws AppError `CONFIG_INVALID` when the program has a tracer provider of its own. */
export async function startTracing(settings: TracingSettings, options: StartTracingOptions): Promise<Tracing> {
  if (active !== undefined) options.log.debug('tracing is on in this process already, and is shared');
  active ??= open(settings, options);
  const mine = active;
  let current: Active;
  try {
    current = await mine;
  } catch (error) {
    if (active === mine) active = undefined;
    throw error;
  }
  current.users += 1;
  let closing: Promise<void> | undefined;
  const close = async () => {
    current.users -= 1;
    if (current.users > 0) return;
    if (active === mine) active = undefined;
    await current.shutdown();
  };
  return { traces: current.ring, close: () => (closing ??= close()) };
}

async function open(settings: TracingSettings, { version, metrics, log }: StartTracingOptions): Promise<Active> {
  // Its parts, not its NodeSDK: that one takes its settings from OTEL_* variables, and ours are in the configuration.
  const { core, resources, tracing: sdk } = await import('@opentelemetry/sdk-node');
  const { ScopeContextManager } = await import('./scope-context-manager.js');
  const { CallerSampler } = await import('./caller-sampler.js');
  const { BoundedExport } = await import('./bounded-export.js');
  const { createSpanExporter } = await import('./span-exporter.js');
  const exporter = await createSpanExporter(settings);
  const ring = settings.debugExporter || settings.exporter === 'debug' ? new SpanRing() : undefined;
  const spanProcessors: tracing.SpanProcessor[] = [
    ...(ring === undefined ? [] : [keepIn(ring)]),
    ...(exporter === undefined
      ? []
      : [
          new BoundedExport({
            exporter,
            collector: resolveEndpoint(settings).url || settings.exporter,
            timeoutMs: settings.timeoutMs,
            metrics,
            log,
          }),
        ]),
  ];
  const provider = new sdk.BasicTracerProvider({
    resource: resources.resourceFromAttributes({
      'service.name': settings.serviceName,
      'service.version': settings.serviceVersion === '' ? version : settings.serviceVersion,
      'process.pid': process.pid,
    }),
    sampler: new CallerSampler({ rate: settings.samplingRate, callersPerSecond: settings.callerTracesPerSecond, clock: systemClock }),
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_LENGTH },
    spanProcessors,
  });
  if (!trace.setGlobalTracerProvider(provider)) {
    await provider.shutdown();
    throw new AppError('CONFIG_INVALID', {
      message:
        'observability.tracing.enabled: this program has registered an OpenTelemetry provider of its own, which gets the spans; set it to false',
    });
  }
  context.setGlobalContextManager(new ScopeContextManager());
  propagation.setGlobalPropagator(
    new core.CompositePropagator({ propagators: [new core.W3CTraceContextPropagator(), new core.W3CBaggagePropagator()] }),
  );
  capturePayloads(settings.capturePayloads);
  decideOncePerTrace(true);
  return { ring, users: 0, shutdown: () => end(() => provider.shutdown(), log) };
}

async function end(shutdown: () => Promise<void>, log: Logger): Promise<void> {
  capturePayloads(false);
  decideOncePerTrace(false);
  try {
    await shutdown();
  } catch (error) {
    log.warn({ reason: describeError(error) }, 'tracing did not close cleanly');
  } finally {
    trace.disable();
    context.disable();
    propagation.disable();
  }
}

function keepIn(ring: SpanRing): tracing.SpanProcessor {
  return { onStart() {}, onEnd: (span) => ring.add(span), forceFlush: async () => {}, shutdown: async () => {} };
}

const MAX_ATTRIBUTE_LENGTH = 32_768;
