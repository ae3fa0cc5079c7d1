/**
 * The product's Lua scripts, each with its twin. A script is known by the SHA-256 of its text: one that changes is refused until its
 * twin here has been looked at again.
 */
import { sha256Hex } from '../../../src/base/json.js';
import type { RedisKeys, StreamEntry, StreamId } from './redis-keys.js';

export interface ScriptContext {
  readonly keys: RedisKeys;
  readonly now: number;
  /** What `INFO` calls `run_id`. */
  readonly life: string;
  publish(channel: string, message: string): void;
}

type Script = (context: ScriptContext, key: string, args: readonly (string | number)[]) => unknown;

const scripts: Readonly<Record<string, Script>> = {
  // lease-commands.ts TAKE
  TAKE: ({ keys, now }, key, [token, leaseMs]) => {
    const held = keys.get(key);
    if (held?.type !== 'string' || held.text === String(token)) {
      keys.set(key, { type: 'string', text: String(token) }, now + Number(leaseMs));
      return 0;
    }
    return Math.max(1, Math.round(keys.expiresAt(key) - now));
  },
  // lease-commands.ts RELEASE
  RELEASE: ({ keys }, key, [token]) => {
    const held = keys.get(key);
    if (held?.type !== 'string' || held.text !== String(token)) return 0;
    keys.delete(key);
    return 1;
  },
  // lease-commands.ts REMEMBERS
  REMEMBERS: ({ keys, now, life }, key) => {
    const marker = keys.get(key);
    const [known, since] = marker?.type === 'string' ? marker.text.split(' ') : [];
    if (known === life && Number(since) <= now) return Math.floor(now - Number(since));
    keys.set(key, { type: 'string', text: `${life} ${now}` });
    return 0;
  },
  // feed-publisher.ts PUBLISH_DELTA
  PUBLISH_DELTA: ({ keys, now, publish }, key, [id, delta, kept, ttlMs, channel, message]) => {
    const added = addToStream(keys, key, String(id), {
      field: 'delta',
      text: String(delta),
      kept: Number(kept),
      expiresAt: now + Number(ttlMs),
    });
    if (added instanceof Error) return added;
    publish(String(channel), String(message));
    return added;
  },
};

const HASHES: Readonly<Record<string, keyof typeof scripts>> = {
  f67979ae6635f2367e41b9dda36c22b6ba843df031a8aa529c198897298a603b: 'TAKE',
  a09d82e533734dbc4ee4ccd62ed6527fbc12c375483e8eaa68787e635a5605a0: 'REMEMBERS',
  b7ea6fcdf33843da50d64c0536a54ee67b36a5486f90d101bb597b8fe2be6d5b: 'RELEASE',
  f13d90dc9dc1c8956a2acb8e46ab2372ef47e2b46ba1563aa9794d58e7dbe1f5: 'PUBLISH_DELTA',
};

const known = new Map<string, Script>();

export function findScript(text: string): Script {
  const found = known.get(text);
  if (found !== undefined) return found;
  const hash = sha256Hex(text);
  const name = HASHES[hash];
  const script = name === undefined ? undefined : scripts[name];
  if (script === undefined)
    throw new Error(`a Lua script that the simulator has no twin for: see test/simulator/world/redis-scripts.ts (${hash})\n${text}`);
  known.set(text, script);
  return script;
}

export interface AddOptions {
  readonly field: string;
  readonly text: string;
  readonly kept: number;
  readonly expiresAt?: number;
  /** NOMKSTREAM */
  readonly onlyExisting?: boolean;
}

/** XADD with an id of the caller's. */
export function addToStream(keys: RedisKeys, key: string, idText: string, options: AddOptions): string | null | Error {
  const [major = 0, minor = 0] = idText.split('-').map(Number);
  const id: StreamId = [major, minor];
  const stream = keys.get(key);
  if (stream !== undefined && stream.type !== 'stream') throw new Error(`${key} holds no stream`);
  if (stream === undefined && options.onlyExisting === true) return null;
  if (stream !== undefined && !isAfter(id, stream.lastId))
    return new Error('ERR The ID specified in XADD is equal or smaller than the target stream top item');
  const entry: StreamEntry = { id, field: options.field, text: options.text };
  const entries = options.kept === 0 ? [] : [...(stream?.entries ?? []), entry].slice(-options.kept);
  keys.set(key, { type: 'stream', lastId: id, entries }, options.expiresAt ?? keys.expiresAt(key));
  return idText;
}

function isAfter(a: StreamId, b: StreamId): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
}
