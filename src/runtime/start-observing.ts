/**
 * What a process tells about itself, as `observability` and `logger` say: metrics, audit, traces.
 *
 * Owns: their order; spans are sent last, so that what closes before is among them. Loads nothing that is off.
 */
import type { Clock } from '../base/clock.js';
import type { Closers } from '../base/closers.js';
import { readVersion } from '../base/version.js';
import { listSecrets } from '../config/list-secrets.js';
import type { Settings } from '../config/settings.js';
import { type Audit, createAudit } from '../observe/audit.js';
import type { Logger } from '../observe/log.js';
import { type Metrics, type MetricsPage, silentMetrics } from '../observe/meter.js';
import { rememberSecrets } from '../observe/redact.js';
import type { TraceReader } from '../observe/tracing/span-ring.js';

export interface Observing {
  readonly metrics: Metrics;
  readonly audit: Audit;
  /** Served to whoever collects metrics; `undefined`: none are counted. */
  readonly metricsPage: { readonly path: string; readonly render: () => Promise<MetricsPage> } | undefined;
  /** The same, where they are served beside everything else: not when they have a port of their own. */
  readonly publicMetrics: Observing['metricsPage'];
  /** `undefined`: this process keeps no spans. */
  readonly traces: TraceReader | undefined;
}

export interface StartObservingOptions {
  readonly settings: Settings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly closers: Closers;
}

export async function startObserving({ settings, log, clock, closers }: StartObservingOptions): Promise<Observing> {
  rememberSecrets(listSecrets(settings));
  const { observability, logger } = settings;
  const metrics = await openMetrics(observability.metrics, closers);
  const { audit: isWanted = false, auditFile = '' } = logger;
  const audit = createAudit({
    enabled: isWanted || auditFile !== '',
    file: auditFile === '' ? logger.file : auditFile,
    clock,
    log,
  });
  closers.add(async () => audit.close());
  const { enabled, endpoint: path, port } = observability.metrics;
  const metricsPage = enabled ? { path, render: () => metrics.render() } : undefined;
  const counting = { metrics, audit, metricsPage, publicMetrics: port === undefined ? metricsPage : undefined };
  if (!observability.tracing.enabled) return { ...counting, traces: undefined };
  const { startTracing } = await import('../observe/tracing/start-tracing.js');
  const tracing = await startTracing(observability.tracing, { version: readVersion(), metrics, log });
  closers.add(() => tracing.close());
  return { ...counting, traces: tracing.traces };
}

async function openMetrics({ enabled, ...options }: Settings['observability']['metrics'], closers: Closers): Promise<Metrics> {
  if (!enabled) return silentMetrics;
  const [{ createMetrics }, { watchProcess }] = await Promise.all([
    import('../observe/metrics.js'),
    import('../observe/process-metrics.js'),
  ]);
  const metrics = createMetrics(options);
  const forget = watchProcess(metrics);
  closers.add(async () => forget());
  return metrics;
}
