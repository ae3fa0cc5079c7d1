import { isJsonObject } from '../base/json.js';
import { METRICS } from '../observe/metric-catalog.js';
import { findEndpointProblem } from '../observe/tracing/resolve-endpoint.js';
import type { TracingSettings } from '../observe/tracing/tracing-settings.js';
import { defaultEndpoint } from './keys/observability.js';
import { valueAt } from './path.js';
import type { Finding } from './problem.js';

/** What the schema of one key cannot see: addresses that fit no exporter, labels that a metric has already. */
export function checkObservability(document: unknown): Finding[] {
  return [...checkEndpoint(document), ...checkLabels(document)];
}

function checkEndpoint(document: unknown): Finding[] {
  const tracing = valueAt(document, ['observability', 'tracing']);
  if (!isJsonObject(tracing) || tracing['enabled'] !== true) return [];
  const { exporter, protocol, endpoint } = tracing as unknown as Pick<TracingSettings, 'exporter' | 'protocol'> & { endpoint?: string };
  const description = findEndpointProblem({ exporter, protocol, endpoint: endpoint ?? defaultEndpoint(exporter) });
  return description === undefined ? [] : [{ path: ['observability', 'tracing', 'endpoint'], description }];
}

function checkLabels(document: unknown): Finding[] {
  const labels = valueAt(document, ['observability', 'metrics', 'const_labels']);
  if (!isJsonObject(labels)) return [];
  const taken = new Set<string>(['le', ...Object.values(METRICS).flatMap((metric) => [...metric.labels])]);
  return Object.keys(labels)
    .filter((name) => taken.has(name) || name.startsWith('__'))
    .map((name) => ({
      path: ['observability', 'metrics', 'const_labels', name],
      description: `'${name}' is a label of Hector's own metrics or of Prometheus itself; wanted another name`,
    }));
}
