import type { LlmSettings } from '../../src/config/settings.js';

/** Settings of a model as a test needs them; the rest are defaults. */
export function llmSettings(changes: Partial<LlmSettings> = {}): LlmSettings {
  return {
    provider: 'offline',
    model: 'offline',
    apiKey: '',
    baseUrl: '',
    api: 'auto',
    temperature: undefined,
    maxTokens: undefined,
    maxToolOutputLength: 0,
    maxRetries: 0,
    idleTimeoutMs: 120_000,
    firstTokenMs: 0,
    tokenMs: 0,
    ...changes,
  };
}
