/** Brings a vector index from one version of the chunk table to another. Applying a change twice is harmless: ids are places, not generations. */
import type { VectorStore } from '../providers/vector-stores/contract.js';
import { type ChunkStore, chunkId, type DocumentMove } from './chunk-store.js';

export interface IndexTarget {
  readonly chunkStore: ChunkStore;
  readonly vectorStore: VectorStore;
  readonly collection: string;
  /** Fingerprint. */
  readonly embedder: string;
  /** The collection's name in the vector store. */
  readonly index: string;
}

/** `onPage` is told of each version that the index has got to, and of how many entries changed. Ends early, and without an error, when `stop` aborts. */
export async function applyMoves(
  target: IndexTarget,
  { from, to }: { readonly from: number; readonly to: number },
  onPage: (reached: number, changes: number) => Promise<void>,
  stop: AbortSignal,
): Promise<void> {
  const { chunkStore, collection } = target;
  let reached = from;
  let cursor = { version: from, key: AFTER_ALL_KEYS };
  while (reached < to && !stop.aborted) {
    const moves = await chunkStore.changes(collection, cursor, PAGE_DOCUMENTS);
    let changes = 0;
    for (const group of byChunks(moves)) {
      if (stop.aborted) return;
      changes += await applyGroup(target, group, stop);
    }
    const last = moves.at(-1);
    if (last !== undefined) cursor = { version: last.version, key: last.key };
    // A full page may end within a version; an unfilled one was the end of the feed.
    reached = moves.length < PAGE_DOCUMENTS ? Math.max(to, cursor.version) : Math.max(reached, cursor.version - 1);
    if (stop.aborted) return;
    await onPage(reached, changes);
  }
}

/** How many entries changed. */
async function applyGroup(
  { chunkStore, vectorStore, embedder, index }: IndexTarget,
  moves: readonly DocumentMove[],
  stop: AbortSignal,
): Promise<number> {
  const filled = moves.filter((move) => move.chunkCount > 0).map((move) => move.key);
  const vectors = filled.length === 0 ? [] : await chunkStore.vectors(filled, embedder);
  const entries = vectors.map((chunk) => ({
    id: chunkId(chunk.documentKey, chunk.index),
    vector: chunk.vector,
    metadata: chunk.metadata,
  }));
  for (let at = 0; at < entries.length; at += PAGE_VECTORS) await vectorStore.upsert(index, entries.slice(at, at + PAGE_VECTORS), stop);
  const living = new Set(entries.map((entry) => entry.id));
  const gone = moves.flatMap((move) =>
    Array.from({ length: move.slots }, (_, place) => chunkId(move.key, place)).filter((id) => !living.has(id)),
  );
  if (gone.length > 0) await vectorStore.remove(index, gone, stop);
  return entries.length + gone.length;
}

/** Groups of documents with a bounded number of chunks; a larger document is a group of its own. */
function* byChunks(moves: readonly DocumentMove[]): Generator<readonly DocumentMove[]> {
  let group: DocumentMove[] = [];
  let chunks = 0;
  for (const move of moves) {
    if (group.length > 0 && chunks + move.chunkCount > GROUP_CHUNKS) {
      yield group;
      group = [];
      chunks = 0;
    }
    group.push(move);
    chunks += move.chunkCount;
  }
  if (group.length > 0) yield group;
}

/** Sorts behind every key: keys are hexadecimal. */
const AFTER_ALL_KEYS = '~';
const PAGE_DOCUMENTS = 500;
const GROUP_CHUNKS = 1000;
const PAGE_VECTORS = 256;
