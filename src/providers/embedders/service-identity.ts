/** What an embedder behind a service is, as its settings tell: where, how long its vectors are, what they depend on. */
import { AppError } from '../../base/errors.js';
import type { EmbedderProvider, EmbedderSettings } from '../../config/settings.js';
import { embedderFingerprint } from './fingerprint.js';
import { findVectorLength, type VectorLength } from './known-models.js';

export interface ServiceIdentity {
  readonly host: string;
  readonly length: VectorLength;
  /** What vectors depend on beside provider, model and length. */
  readonly variant: string;
  readonly fingerprint: string;
}

export function serviceIdentity(settings: EmbedderSettings, name: string): ServiceIdentity {
  const { provider, model, baseUrl, inputType } = settings;
  const key = `embedders.${name}`;
  const length = findVectorLength(settings, key);
  // Servers that speak OpenAI's protocol call their models as they like; elsewhere a name means one model.
  const isOther = provider === 'openai' && baseUrl !== '' && baseUrl !== DEFAULT_URLS.openai;
  const isOwnType = provider === 'cohere' && inputType !== 'auto';
  const variant = [...(isOther ? [baseUrl] : []), ...(isOwnType ? [inputType] : [])].join(' ');
  return {
    host: readHost(baseUrl === '' ? DEFAULT_URLS[provider] : baseUrl, key),
    length,
    variant,
    fingerprint: embedderFingerprint({ provider, model, dimension: length.expected, variant }),
  };
}

function readHost(baseUrl: string, key: string): string {
  if (!URL.canParse(baseUrl)) throw new AppError('CONFIG_INVALID', { message: `${key}.base_url: '${baseUrl}' is not a URL` });
  return new URL(baseUrl).host;
}

export const DEFAULT_URLS: Readonly<Record<EmbedderProvider, string>> = {
  local: '',
  openai: 'https://api.openai.com/v1',
  ollama: 'http://127.0.0.1:11434',
  cohere: 'https://api.cohere.com',
};
