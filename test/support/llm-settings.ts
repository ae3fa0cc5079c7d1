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
    thinking: undefined,
    maxRetries: 0,
    idleTimeoutMs: 120_000,
    tls: { insecureSkipVerify: false, caCertificate: '' },
    fallback: [],
    price: undefined,
    ollama: { keepAlive: '5m', topP: undefined, topK: undefined, numCtx: undefined, seed: undefined, stop: [] },
    firstTokenMs: 0,
    tokenMs: 0,
    ...changes,
  };
}
