/**
 * Contract of vector stores: nearest neighbours by cosine. Texts and the truth about chunks are in SQL; a vector store
 * follows the chunk table (`knowledge/index-follower.ts`) and remembers how far it has come.
 */
import type { Metadata, MetadataFilter } from '../../base/metadata.js';

export interface VectorEntry {
  readonly id: string;
  /** Unit length; a zero vector is near nothing and need not be kept. */
  readonly vector: Float32Array;
  readonly metadata: Metadata;
}

export interface VectorQuery {
  /** Unit length. */
  readonly vector: Float32Array;
  readonly topK: number;
  readonly filter?: MetadataFilter;
  /** Hits bring what their entries know, where the store is not only an index over texts in SQL. */
  readonly withMetadata?: boolean;
}

export interface VectorHit {
  readonly id: string;
  /** Cosine similarity, negative values cut to 0 (VEC-07). */
  readonly score: number;
  /** With `withMetadata`, from stores that can. */
  readonly metadata?: Metadata;
}

/** How far a collection reflects the chunk table. */
export interface CollectionPosition {
  /** Identity of the table's collection; another one's versions mean nothing here. '' = nothing yet. */
  readonly source: string;
  readonly version: number;
  /** Of a shared store: changes after version `from` may be overwritten by a write that nobody has seen end; `mark` names the case. */
  readonly unsettled?: { readonly from: number; readonly mark: string };
}

export interface VectorSearch {
  /** Position that the answer reflects at least. */
  readonly position: CollectionPosition;
  readonly hits: readonly VectorHit[];
}

/** What can be told of a collection beside its position; a store tells what it knows. */
export interface CollectionHealth {
  readonly entries: number;
  /** Parts that are searched one by one. */
  readonly segments?: number;
  /** Entries that no graph has yet; they are found all the same. */
  readonly unindexed?: number;
  /** About, in this process. */
  readonly memoryBytes?: number;
}

export interface VectorStore {
  /** `vector_stores.<name>.type`. */
  readonly type: string;
  /** Other processes see and change the same collections, and looking costs a request. Default: every process has its own. */
  readonly isShared?: boolean;
  /** Adds entries or replaces those of the same ids. All vectors of a collection have one length. */
  upsert(collection: string, entries: readonly VectorEntry[], signal?: AbortSignal): Promise<void>;
  /** Unknown ids are ignored. */
  remove(collection: string, ids: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Removes the entries that the filter matches; `{}` matches all. */
  removeWhere(collection: string, filter: MetadataFilter, signal?: AbortSignal): Promise<void>;
  /** The nearest `topK` that the filter matches, best first. An unknown collection has no entries. Never waits for an insert to end. */
  search(collection: string, query: VectorQuery, signal?: AbortSignal): Promise<VectorSearch>;
  count(collection: string): Promise<number>;
  dropCollection(collection: string, signal?: AbortSignal): Promise<void>;
  /** The last marked position that survived; opens the collection. */
  position(collection: string, signal?: AbortSignal): Promise<CollectionPosition>;
  /** Everything up to `position` has been applied. */
  markPosition(collection: string, position: CollectionPosition, signal?: AbortSignal): Promise<void>;
  /** Makes the collection and its position survive a restart. */
  flush(collection: string): Promise<void>;
  /** Left out by stores that can tell no more than `count` does. */
  health?(collection: string): Promise<CollectionHealth>;
  close(): Promise<void>;
}
