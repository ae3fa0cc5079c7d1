/** Keeps what is remembered of texts within the limits of the configuration; a keeper calls it now and then. */
import type { Clock } from '../../base/clock.js';
import type { EmbedderSettings } from '../../config/settings.js';
import type { EmbeddingStore } from './embedding-store.js';
import { serviceIdentity } from './service-identity.js';

export interface TrimEmbeddingsOptions {
  readonly embedders: Readonly<Record<string, EmbedderSettings>>;
  readonly store: Pick<EmbeddingStore, 'trim'>;
  readonly clock: Clock;
}

export function createTrimEmbeddings({ embedders, store, clock }: TrimEmbeddingsOptions): (signal: AbortSignal) => Promise<void> {
  const limits = new Map<string, number>();
  for (const [name, settings] of Object.entries(embedders)) {
    if (settings.provider === 'local') continue;
    const { fingerprint } = serviceIdentity(settings, name);
    const { enabled, maxEntries } = settings.cache;
    limits.set(fingerprint, Math.max(limits.get(fingerprint) ?? 0, enabled ? maxEntries : 0));
  }
  return async (signal) => {
    await store.trim(limits, clock.now() - UNUSED_MS, signal);
  };
}

/** Also what embedders left that are no longer configured. */
const UNUSED_MS = 90 * 86_400_000;
