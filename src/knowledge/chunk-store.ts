/**
 * Contract of the chunk table: the truth about documents, their chunks and vectors (ARCHITECTURE §8).
 * Implemented by `storage/sql`.
 *
 * 1. A document's new chunks become visible in the transaction that retires the old ones; the content hash is written
 *    by that transaction and by no other.
 * 2. A change carries the generation it was worked out from; when the document has moved on, it changes nothing.
 * 3. Every transaction that changes chunks raises its collection's version by one, in commit order: who has applied
 *    all changes up to a version has seen all of them.
 * 4. A commit with a fence that no longer holds changes nothing; what it adds to its run's counts is in the same transaction.
 * 5. A chunk's id is its document's key and its place, the same in every generation; a document remembers the most
 *    places it ever used (`slots`), so a follower knows what to drop without having seen the generations between.
 */
import { sha256Hex } from '../base/json.js';
import type { Metadata } from '../base/metadata.js';
import type { ChunkPlace } from '../threads/messages.js';
import type { CommitFence } from './runs/ingest-fence.js';

export type { ChunkPlace } from '../threads/messages.js';

export interface DocumentRecord {
  /** `documentKey(store, id)`. */
  readonly key: string;
  readonly store: string;
  readonly id: string;
  readonly title: string;
  readonly sourcePath: string;
  /** 0 = never indexed. Raised by every indexing and removal. */
  readonly generation: number;
  /** SHA-256 of the indexed content; '' = never indexed. */
  readonly contentHash: string;
  /** Fingerprint of everything but the content that the chunks depend on. */
  readonly pipeline: string;
  /** Size and time of change of the indexed content, as the source told them. */
  readonly bytes: number;
  readonly modifiedAt: number;
  /** What the source calls this state of the document, such as an ETag; '' = it tells size and time of change only. */
  readonly sourceVersion: string;
  readonly metadata: Metadata;
  /** Of the metadata that the scan told, which reading may add to. */
  readonly metadataHash: string;
  /**
   * `failed`: the last try failed; chunks of the version before it, if any, stay searchable. `pending`: seen, never worked off.
   * `removed`: gone from the source. `deleted`: a person took it out; it stays out until its source shows another version.
   */
  readonly status: 'indexed' | 'failed' | 'pending' | 'removed' | 'deleted';
  /** Of the last failure; '' = none. */
  readonly stage: FailureStage | '';
  /** Failures since the last success. */
  readonly attempts: number;
  readonly lastError: string;
  /** What failed for good (`failedStateOf`), so that no scan tries the very same again; '' = a further try may help. */
  readonly failedState: string;
  readonly chunkCount: number;
  /** The ingest run that saw it last; '' = none yet. */
  readonly seenRun: string;
  readonly updatedAt: number;
}

export type FailureStage = 'scan' | 'read' | 'prepare' | 'embed' | 'commit';

interface ChangeOf {
  readonly store: string;
  readonly id: string;
  /** Generation that this change was worked out from; 0 for a document that is not recorded. */
  readonly generation: number;
}

export interface IndexDocument extends ChangeOf {
  readonly type: 'index';
  readonly contentHash: string;
  readonly pipeline: string;
  /** Fingerprint of the embedder that made the vectors. */
  readonly embedder: string;
  readonly bytes: number;
  readonly modifiedAt: number;
  readonly sourceVersion: string;
  readonly title: string;
  readonly sourcePath: string;
  /** Of the document; its chunks have it too. */
  readonly metadata: Metadata;
  readonly metadataHash?: string;
  readonly chunks: readonly NewChunk[];
}

export interface NewChunk {
  readonly text: string;
  readonly startLine: number;
  readonly endLine: number;
  /** Pages, headings, the function it is of: what only this chunk has. */
  readonly place: ChunkPlace;
  readonly vector: Float32Array;
  /** As `PreparedChunk` has them. Default: made by the commit. */
  readonly words?: string;
}

/** The content is what is indexed, only its size or time of change are told anew. */
export interface TouchDocument extends ChangeOf {
  readonly type: 'touch';
  readonly bytes: number;
  readonly modifiedAt: number;
  readonly sourceVersion: string;
  readonly metadataHash?: string;
}

/** As `touch`, and other metadata: its chunks have moved for whoever follows the collection, vectors and texts stay. */
export interface DescribeDocument extends Omit<TouchDocument, 'type'> {
  readonly type: 'describe';
  readonly metadata: Metadata;
}

export interface FailDocument extends ChangeOf {
  readonly type: 'fail';
  readonly sourcePath: string;
  readonly stage: FailureStage;
  readonly error: string;
  /** Tries that this failure stands for. Default 1. */
  readonly tries?: number;
  /** Default ''. */
  readonly failedState?: string;
}

export interface RemoveDocument extends ChangeOf {
  readonly type: 'remove';
  /** A person did it: the document becomes `deleted`. */
  readonly byHand?: boolean;
}

export type DocumentChange = IndexDocument | TouchDocument | DescribeDocument | FailDocument | RemoveDocument;

/** `stale`: somebody else changed the document first; nothing happened to it. */
export type ChangeOutcome = 'committed' | 'stale';

export interface CollectionState {
  /** Identity; a new database gives a new one. */
  readonly source: string;
  readonly version: number;
}

/** One document in the change feed of a collection. */
export interface DocumentMove {
  readonly key: string;
  readonly version: number;
  readonly chunkCount: number;
  /** Places `0 … slots - 1` may hold chunks of some generation in a follower. */
  readonly slots: number;
}

export interface ChunkVector {
  readonly documentKey: string;
  readonly index: number;
  readonly vector: Float32Array;
  /** The document's, the chunk's place and the names that every chunk has (`chunkMetadata`). */
  readonly metadata: Metadata;
}

export interface StoredChunk extends ChunkVector {
  readonly store: string;
  readonly documentId: string;
  readonly title: string;
  readonly sourcePath: string;
  readonly text: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly place: ChunkPlace;
}

/** Of one store, or of all that are in a collection. */
export type ChunkWordScope = { readonly store: string } | { readonly collection: string };

export type ChunkWordSearch = ChunkWordScope & {
  /** Of `search/chunk-words.ts`, different ones. */
  readonly words: readonly string[];
  /** Only chunks of these documents of the store. Default: of all. */
  readonly documentIds?: readonly string[] | undefined;
  readonly limit: number;
};

export interface ChunkWordMatches {
  /** Chunks of all stores, and those of them that have each of the words: what tells how much a word says. Both are counted to 100,000. */
  readonly total: number;
  readonly holders: ReadonlyMap<string, number>;
  /** The best first, as far as the database can tell. */
  readonly matches: readonly ChunkWordMatch[];
}

export interface ChunkWordMatch {
  readonly documentKey: string;
  readonly index: number;
  /** All of the chunk's, with repetitions. */
  readonly words: readonly string[];
}

export interface StoreCounts {
  readonly indexed: number;
  readonly failed: number;
  readonly chunks: number;
}

export interface ChunkStore {
  /**
   * One transaction; each change has its own outcome, in order. Creates the collection.
   * @throws AppError `INGEST_LOST` (4)
   */
  commit(collection: string, changes: readonly DocumentChange[], at: number, fence?: CommitFence): Promise<readonly ChangeOutcome[]>;
  /** Recorded documents among `ids`, by id. */
  findDocuments(store: string, ids: readonly string[]): Promise<ReadonlyMap<string, DocumentRecord>>;
  /** Documents of a store that are not removed, by key, after `afterKey` ('' = from the beginning). */
  listDocuments(store: string, afterKey: string, limit: number): Promise<readonly DocumentRecord[]>;
  counts(store: string): Promise<StoreCounts>;
  /** `{ source: '', version: 0 }` for a collection that does not exist. */
  collection(collection: string): Promise<CollectionState>;
  /** Documents changed after `version` (and, at it, after `key`), in order of version and key. */
  changes(collection: string, after: { readonly version: number; readonly key: string }, limit: number): Promise<readonly DocumentMove[]>;
  /** All vectors made by `embedder` of these documents. */
  vectors(documentKeys: readonly string[], embedder: string): Promise<readonly ChunkVector[]>;
  /** The chunks of a collection with these ids that exist now with a vector of `embedder`, in any order; `undefined`: of whichever. */
  chunks(collection: string, embedder: string | undefined, ids: readonly string[]): Promise<readonly StoredChunk[]>;
  /**
   * Chunks that have one of the words or more, whichever embedder made their vectors. When the common words among them have too many, the
   * rare ones decide which. Never behind the chunks: the words are written by the same transaction.
   */
  byWords(search: ChunkWordSearch): Promise<ChunkWordMatches>;
}

/** Key of a document in every table; ids of documents may be longer than an index entry. */
export function documentKey(store: string, id: string): string {
  return sha256Hex(`${store}\n${id}`).slice(0, 40);
}

export function chunkId(key: string, index: number): string {
  return `${key}:${index}`;
}

/** What a search can ask of a chunk: its document's own metadata below, then names that nothing overrides. */
export function chunkMetadata(document: Metadata, store: string, documentId: string, place: ChunkPlace): Metadata {
  return { ...document, ...place, store, document_id: documentId };
}
