import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiKeySettings } from '../config/settings.js';

export interface KnownKey extends Pick<ApiKeySettings, 'name' | 'subject' | 'roles' | 'tenant' | 'expiresAt'> {
  readonly digest: Buffer;
}

export function toKnownKeys(keys: readonly ApiKeySettings[]): readonly KnownKey[] {
  return keys.map(({ sha256, ...key }) => ({ ...key, digest: Buffer.from(sha256, 'hex') }));
}

/** Compares with every key, each in constant time: how long it takes says nothing of any of them. */
export function findApiKey<K extends Pick<KnownKey, 'digest'>>(keys: readonly K[], token: string): K | undefined {
  const digest = createHash('sha256').update(token).digest();
  let found: K | undefined;
  for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key;
  return found;
}
