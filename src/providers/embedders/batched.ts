/** Cuts any number of texts into requests, by count and by size, a few of which are under way at once. */
import type { EmbedTexts } from './contract.js';
import type { RequestSize } from './request-size.js';

export interface BatchedOptions {
  readonly maxTexts: number;
  readonly size: Pick<RequestSize, 'maxBytes'>;
  /** Requests of one call that are under way at once. Default 4. */
  readonly concurrency?: number;
}

export function batched(embed: EmbedTexts, { maxTexts, size, concurrency = 4 }: BatchedOptions): EmbedTexts {
  return async (texts, purpose, signal) => {
    const vectors = new Array<Float32Array>(texts.length);
    let next = 0;
    let failure: { readonly error: unknown } | undefined;
    // Each looks at the limit when it cuts: one that was refused makes those behind it smaller.
    const worker = async () => {
      while (next < texts.length && failure === undefined) {
        const start = next;
        next = findEnd(texts, start, maxTexts, size.maxBytes);
        try {
          const found = await embed(texts.slice(start, next), purpose, signal);
          for (const [index, vector] of found.entries()) vectors[start + index] = vector;
        } catch (error) {
          failure ??= { error };
        }
      }
    };
    // All end before the call does: what is under way when one fails is kept by the layers below.
    await Promise.all(Array.from({ length: Math.min(concurrency, Math.ceil(texts.length / maxTexts) + 1) }, worker));
    if (failure !== undefined) throw failure.error;
    return vectors;
  };
}

/** At least one text, however large. */
function findEnd(texts: readonly string[], start: number, maxTexts: number, maxBytes: number): number {
  let bytes = Buffer.byteLength(texts[start] as string);
  let end = start + 1;
  while (end < texts.length && end - start < maxTexts) {
    bytes += Buffer.byteLength(texts[end] as string);
    if (bytes > maxBytes) break;
    end += 1;
  }
  return end;
}
