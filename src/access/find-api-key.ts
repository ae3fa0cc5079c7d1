import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiKeySettings } from '../config/settings.js';

export interface KnownKey extends Pick<ApiKeySettings, 'name' | 'subject' | 'role' | 'tenant'> {
  readonly digest: Buffer;
  /** Epoch milliseconds; `undefined` = never. */
  readonly expiresAt: number | undefined;
}

export function toKnownKeys(keys: readonly ApiKeySettings[]): readonly KnownKey[] {
  return keys.map(({ hash, expiresAt, ...key }) => ({
    ...key,
    digest: Buffer.from(hash.slice('sha256:'.length), 'hex'),
    expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt),
  }));
}

/** Compares with every key, each in constant time: how long it takes says nothing of any of them. */
export function findApiKey<K extends Pick<KnownKey, 'digest'>>(keys: readonly K[], token: string): K | undefined {
  const digest = createHash('sha256').update(token).digest();
  let found: K | undefined;
  for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key;
  return found;
}
