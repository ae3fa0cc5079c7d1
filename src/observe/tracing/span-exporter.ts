/** Where spans go, by its name in the configuration; only the exporter that is wanted is loaded. */
import { core, type tracing } from '@opentelemetry/sdk-node';
import { resolveEndpoint } from './resolve-endpoint.js';
import { describeSpan } from './span-view.js';
import type { TracingSettings } from './tracing-settings.js';

/** `undefined`: spans stay in this process. */
export async function createSpanExporter(settings: TracingSettings): Promise<tracing.SpanExporter | undefined> {
  const { url, protocol } = resolveEndpoint(settings);
  const { headers, timeoutMs: timeoutMillis } = settings;
  switch (protocol) {
    case 'grpc': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc');
      const { Metadata } = await import('@grpc/grpc-js');
      const metadata = new Metadata();
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
      return new OTLPTraceExporter({ url, metadata, timeoutMillis, concurrencyLimit: CONCURRENCY });
    }
    case 'http/protobuf': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
      return new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis, concurrencyLimit: CONCURRENCY });
    }
    case 'http/json': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
      return new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis, concurrencyLimit: CONCURRENCY });
    }
    case 'zipkin': {
      const { ZipkinExporter } = await import('./zipkin-exporter.js');
      return new ZipkinExporter({ url, headers, serviceName: settings.serviceName, timeoutMs: settings.timeoutMs });
    }
    case 'stdout':
      return new StdoutExporter();
    case 'none':
      return undefined;
  }
}

/** One line of JSON per span. A reader that is slow is waited for by nobody: what it has not read is not added to. */
class StdoutExporter implements tracing.SpanExporter {
  export(spans: tracing.ReadableSpan[], done: (result: core.ExportResult) => void): void {
    if (process.stdout.writableNeedDrain) {
      done({ code: core.ExportResultCode.FAILED, error: new Error('what was written before has not been read') });
      return;
    }
    const lines = spans.map((span) => `${JSON.stringify(describeSpan(span))}\n`).join('');
    process.stdout.write(lines, (error) =>
      done(error ? { code: core.ExportResultCode.FAILED, error } : { code: core.ExportResultCode.SUCCESS }),
    );
  }

  async shutdown(): Promise<void> {}
}

/** Batches under way to one collector. */
const CONCURRENCY = 4;
