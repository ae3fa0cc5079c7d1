/** Every message between the main thread and the worker threads (ARCHITECTURE §8). Plain data; buffers are transferred. */
import type { ErrorCode } from '../base/errors.js';
import type { ChunkingSettings } from '../config/settings.js';

/** Where in its document a chunk stands, beside its lines (RAG-23); a member that does not apply is left out. */
export interface ChunkPlace {
  /** Pages, sheets or slides, from 1, both inclusive. */
  readonly startPage?: number;
  readonly endPage?: number;
  /** The headings that it stands under, outermost first, joined by ` > `. */
  readonly section?: string;
  readonly functionName?: string;
  readonly typeName?: string;
}

/** What the text threads do: one entry per message, `workers/threads/text.ts` answers them. */
export interface TextMessages {
  /** Hash, extract and chunk one document. `content` is transferred. */
  readonly prepare: { readonly request: PrepareRequest; readonly reply: PreparedDocument };
  /** Local embedding (`providers/embedders/adapters/local`). */
  readonly embed: { readonly request: EmbedRequest; readonly reply: EmbedReply };
}

export interface PrepareRequest {
  /** Name with extension; it decides the extractor. */
  readonly name: string;
  /** Goes before the extension; `undefined` = the extension decides. */
  readonly mediaType?: string | undefined;
  readonly content: Uint8Array;
  readonly chunking: ChunkingSettings;
  /** SHA-256 of the version that is already indexed; '' = none. Equal content is not extracted again. */
  readonly knownHash: string;
}

export type PreparedDocument =
  | { readonly type: 'unchanged'; readonly contentHash: string }
  | { readonly type: 'prepared'; readonly contentHash: string; readonly title: string; readonly chunks: readonly TextChunk[] };

export interface TextChunk {
  readonly text: string;
  /** Lines of the source, from 1, both inclusive. */
  readonly startLine: number;
  readonly endLine: number;
  readonly place: ChunkPlace;
}

export interface EmbedRequest {
  readonly texts: readonly string[];
  readonly dimension: number;
}

export interface EmbedReply {
  /** All vectors one after another; transferred. */
  readonly vectors: Float32Array<ArrayBuffer>;
}

/** What the index threads do; `workers/threads/index.ts` answers them. */
export interface IndexMessages {
  readonly position: { readonly request: IndexTarget; readonly reply: IndexOpened };
  readonly upsert: {
    readonly request: IndexTarget & { readonly ids: readonly string[]; readonly vectors: Float32Array<ArrayBuffer> };
    readonly reply: undefined;
  };
  readonly remove: { readonly request: IndexTarget & { readonly ids: readonly string[] }; readonly reply: undefined };
  readonly search: {
    readonly request: IndexTarget & { readonly vector: Float32Array; readonly topK: number };
    readonly reply: IndexSearchReply;
  };
  readonly count: { readonly request: IndexTarget; readonly reply: number };
  readonly markPosition: { readonly request: IndexTarget & { readonly position: IndexPosition }; readonly reply: undefined };
  readonly save: { readonly request: IndexTarget; readonly reply: undefined };
  readonly drop: { readonly request: IndexTarget; readonly reply: undefined };
}

/** Which index. The thread opens it from its snapshot on first use. */
export interface IndexTarget {
  readonly collection: string;
  /** Absolute folder of snapshots. */
  readonly directory: string;
}

/** How far an index reflects its source; `{ source: '', version: 0 }` = nothing yet. */
export interface IndexPosition {
  readonly source: string;
  readonly version: number;
}

export interface IndexOpened {
  readonly position: IndexPosition;
  /** Why the snapshot on disk was thrown away when the index was opened; told once. */
  readonly discarded: string | undefined;
}

export interface IndexSearchReply {
  readonly position: IndexPosition;
  readonly ids: readonly string[];
  readonly scores: readonly number[];
}

/** An error crosses as data: structured clone would drop its code. */
export type ThreadReply<T> = { readonly type: 'ok'; readonly value: T } | { readonly type: 'failed'; readonly error: ThreadError };

export interface ThreadError {
  readonly code: ErrorCode;
  readonly message: string;
}
