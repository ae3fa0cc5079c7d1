import { flag, type Static, section, text } from '../schema-builder.js';
import type { ObservabilitySettings } from '../settings.js';

export const ObservabilitySchema = section(
  {
    metrics: section(
      {
        enabled: flag('Metrics are served for Prometheus.', { default: false }),
        endpoint: text('Path of the metrics.', { default: '/metrics', pattern: '^/[\\w./-]+$', 'x-form': 'a path such as /metrics' }),
      },
      'Metrics (OBS-03).',
    ),
  },
  'What the process tells about itself.',
);

export function resolveObservability({ metrics }: Static<typeof ObservabilitySchema>): ObservabilitySettings {
  return { metrics: { enabled: metrics.enabled, endpoint: metrics.endpoint } };
}
