/**
 * No text is paid twice: vectors of documents are kept by the text they are of, across stores and restarts (EMB-05, W-74). Looking up and
 * keeping are two layers, since what one request gave is kept although the next one fails.
 */
import { describeError } from '../../base/errors.js';
import { sha256Hex } from '../../base/json.js';
import type { EmbedTexts } from './contract.js';
import type { EmbedderDependencies } from './dependencies.js';
import type { EmbeddingStore } from './embedding-store.js';

export interface RememberedOptions extends Pick<EmbedderDependencies, 'name' | 'clock' | 'log'> {
  readonly store: EmbeddingStore;
  readonly fingerprint: string;
  /** What a vector depends on beside fingerprint and text. */
  readonly variant: string;
}

/** Asks for each text once, and only for those that are not known. */
export function lookedUp(embed: EmbedTexts, options: RememberedOptions | undefined): EmbedTexts {
  return async (texts, purpose, signal, anew = false) => {
    if (purpose === 'query') return await embed(texts, purpose, signal);
    const known = new Map<string, Float32Array>();
    const unique = [...new Set(texts)];
    if (options !== undefined) {
      const keys = new Map(unique.map((text) => [text, keyOf(text, options)]));
      if (anew) await forget([...keys.values()], options);
      const found = anew ? NOTHING : await find([...keys.values()], options);
      for (const [text, key] of keys) {
        const vector = found.get(key);
        if (vector !== undefined) known.set(text, vector);
      }
    }
    const missing = unique.filter((text) => !known.has(text));
    const vectors = missing.length === 0 ? [] : await embed(missing, purpose, signal);
    for (const [index, text] of missing.entries()) known.set(text, vectors[index] as Float32Array);
    return texts.map((text) => known.get(text) as Float32Array);
  };
}

/** Keeps what each request gave. */
export function kept(embed: EmbedTexts, options: RememberedOptions | undefined): EmbedTexts {
  if (options === undefined) return embed;
  const { store, fingerprint, name, clock, log } = options;
  return async (texts, purpose, signal) => {
    const vectors = await embed(texts, purpose, signal);
    if (purpose === 'query') return vectors;
    const entries = new Map(texts.map((text, index) => [keyOf(text, options), vectors[index] as Float32Array]));
    // Losing them costs money, not correctness.
    await store.put(fingerprint, entries, clock.now()).catch((error: unknown) => {
      log.warn({ embedder: name, reason: describeError(error) }, 'vectors cannot be kept for the next time');
    });
    return vectors;
  };
}

async function find(keys: readonly string[], { store, clock, name, log }: RememberedOptions): Promise<ReadonlyMap<string, Float32Array>> {
  return await store.find(keys, clock.now()).catch((error: unknown) => {
    log.warn({ embedder: name, reason: describeError(error) }, 'vectors of before cannot be looked up');
    return NOTHING;
  });
}

/** What is there would stay in the place of what comes. */
async function forget(keys: readonly string[], { store, name, log }: RememberedOptions): Promise<void> {
  await store.forget(keys).catch((error: unknown) => {
    log.warn({ embedder: name, reason: describeError(error) }, 'vectors of before cannot be forgotten');
  });
}

const NOTHING: ReadonlyMap<string, Float32Array> = new Map();

function keyOf(text: string, { fingerprint, variant }: RememberedOptions): string {
  return sha256Hex(`${fingerprint}\n${variant}\n${text}`);
}
