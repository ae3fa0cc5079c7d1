import type { SearchSettings } from '../../config/search-settings.js';
import type { Embedder } from '../../providers/embedders/contract.js';
import { chunkId, type StoredChunk } from '../chunk-store.js';
import type { IndexFollower } from '../index-follower.js';
import type { PartOptions } from './part-options.js';
import type { SearchHit } from './retriever.js';

/** One document store as the search sees it. */
export interface SearchableStore {
  readonly name: string;
  readonly collection: string;
  readonly embedder: Embedder;
  readonly embedderFingerprint: string;
  /** `vector_stores.<name>.type` */
  readonly vectorProvider: string;
  readonly search: SearchSettings;
  readonly follower: Pick<IndexFollower, 'search'>;
  /** Somebody else fills the collection: all that is in it counts, whatever store it is of (RAG-06). */
  readonly given?: GivenCollection;
}

export interface GivenCollection {
  /** The chunk table does not have it: only the vector store can be asked. */
  isForeign(): Promise<boolean>;
  /** Of a foreign one, best first. */
  search(vector: Float32Array, options: PartOptions, signal: AbortSignal): Promise<readonly FoundChunk[]>;
}

export interface FoundChunk {
  readonly chunk: StoredChunk;
  /** 0–1, by whatever looked at it last. */
  readonly score: number;
}

export function idOf({ chunk }: FoundChunk): string {
  return chunkId(chunk.documentKey, chunk.index);
}

/** A total order, so that equal scores come in the same order everywhere. */
export function bestFirst(a: FoundChunk, b: FoundChunk): number {
  return (
    b.score - a.score ||
    compare(a.chunk.store, b.chunk.store) ||
    compare(a.chunk.documentId, b.chunk.documentId) ||
    a.chunk.index - b.chunk.index
  );
}

export function toHit({ chunk, score }: FoundChunk): SearchHit {
  const { documentId, index: chunkIndex, text: content, place, sourcePath, title, startLine, endLine } = chunk;
  const { startPage, endPage, section } = place;
  const own = Object.entries(chunk.metadata).filter(([key]) => !TOLD_APART.includes(key));
  return {
    ...{ store: chunk.store, documentId, chunkIndex, content, score, sourcePath, title, startLine, endLine },
    metadata: Object.fromEntries(own),
    ...(startPage === undefined ? {} : { startPage, endPage: endPage ?? startPage }),
    ...(section === undefined ? {} : { section }),
  };
}

/** Members of a hit, or of its store. */
const TOLD_APART: readonly string[] = ['store', 'document_id', 'startPage', 'endPage', 'section'];

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
