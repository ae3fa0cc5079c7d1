import type { EmbedderSettings } from '../../src/config/settings.js';

/** What is resolved of `embedders: {x: {provider: local}}`, changed. */
export function embedderSettings(change: Partial<EmbedderSettings> = {}): EmbedderSettings {
  return {
    provider: 'local',
    model: '',
    apiKey: '',
    baseUrl: '',
    dimension: change.provider === undefined ? 384 : 0,
    timeoutMs: 30_000,
    batchSize: 100,
    encodingFormat: 'float',
    user: '',
    inputType: 'auto',
    outputDimension: 0,
    truncate: 'NONE',
    requestsPerMinute: 0,
    tokensPerMinute: 0,
    cache: { enabled: true, maxEntries: 50_000 },
    ...change,
  };
}
