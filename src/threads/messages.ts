/** Every message between the main thread and the worker threads (ARCHITECTURE §8). Plain data; buffers are transferred. */
import type { ErrorCode } from '../base/errors.js';
import type { Metadata, MetadataFilter } from '../base/metadata.js';
import type { ChunkingSettings, SegmentSettings } from '../config/settings.js';

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
  /** Its text as Markdown, when a parser outside has read it; `content` then only says which version that was. */
  readonly parsed?: string;
  /** `native`: not as plain text; `text`: as nothing else. Default: one after the other. */
  readonly by?: 'native' | 'text';
}

export type PreparedDocument =
  | { readonly type: 'unchanged'; readonly contentHash: string }
  | { readonly type: 'prepared'; readonly contentHash: string; readonly title: string; readonly chunks: readonly PreparedChunk[] };

export interface PreparedChunk extends TextChunk {
  /** What it is found by (`knowledge/search/chunk-words.ts`), with spaces between. */
  readonly words: string;
}

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
    readonly request: IndexTarget & {
      readonly ids: readonly string[];
      readonly metadata: readonly Metadata[];
      readonly vectors: Float32Array<ArrayBuffer>;
    };
    readonly reply: IndexBacklog;
  };
  readonly remove: { readonly request: IndexTarget & { readonly ids: readonly string[] }; readonly reply: IndexBacklog };
  readonly removeWhere: { readonly request: IndexTarget & { readonly filter: MetadataFilter }; readonly reply: IndexBacklog };
  readonly search: {
    readonly request: IndexTarget & {
      readonly vector: Float32Array;
      readonly topK: number;
      readonly filter?: MetadataFilter | undefined;
    };
    readonly reply: IndexSearchReply;
  };
  readonly count: { readonly request: IndexTarget; readonly reply: number };
  readonly health: { readonly request: IndexTarget; readonly reply: IndexThreadHealth };
  readonly markPosition: { readonly request: IndexTarget & { readonly position: IndexPosition }; readonly reply: undefined };
  readonly save: { readonly request: IndexTarget; readonly reply: undefined };
  readonly drop: { readonly request: IndexTarget; readonly reply: undefined };
  /** What should be built now, if anything; at most one build of a collection is under way. */
  readonly planBuild: { readonly request: IndexTarget; readonly reply: IndexBuildJob | undefined };
  /** Puts what was built in the place of what it was built from. */
  readonly adoptBuild: {
    readonly request: IndexTarget & { readonly id: string; readonly built: IndexBuilt };
    readonly reply: IndexBacklog;
  };
  /** The build failed; what it was to be made of stays as it is. */
  readonly abandonBuild: { readonly request: IndexTarget & { readonly id: string }; readonly reply: undefined };
}

/** What the builder's thread does; `workers/threads/index-builder.ts` answers it. */
export interface IndexBuilderMessages {
  readonly build: { readonly request: IndexBuildJob; readonly reply: IndexBuilt };
}

/** Which index. The thread opens it from its snapshot on first use. */
export interface IndexTarget {
  readonly collection: string;
  /** Absolute folder of snapshots. */
  readonly directory: string;
  readonly settings: SegmentSettings;
  /** Of sizes, instead of those that follow from the vectors. */
  readonly limits?: Readonly<Record<string, number>> | undefined;
}

/** How far an index reflects its source; `{ source: '', version: 0 }` = nothing yet. */
export interface IndexPosition {
  readonly source: string;
  readonly version: number;
}

export interface IndexOpened extends IndexBacklog {
  readonly position: IndexPosition;
  /** Why the snapshot on disk, or part of it, was thrown away when the index was opened; told once. */
  readonly discarded: string | undefined;
}

/** What has been put in and is searched by looking at all of it, until a graph of it is built. */
export interface IndexBacklog {
  readonly unindexed: number;
  /** `planBuild` would give a job. */
  readonly isBuildDue: boolean;
}

export interface IndexSearchReply {
  readonly position: IndexPosition;
  readonly ids: readonly string[];
  readonly scores: readonly number[];
}

export interface IndexThreadHealth extends IndexBacklog {
  readonly entries: number;
  readonly segments: number;
  /** About, of vectors, graphs, ids and metadata. */
  readonly memoryBytes: number;
}

/** Makes one graph out of an older one, if any, and further vectors. */
export interface IndexBuildJob {
  readonly id: string;
  readonly settings: SegmentSettings;
  readonly dimension: number;
  readonly directory: string;
  /** Beginning of the names of the files that the build writes. */
  readonly fileName: string;
  /** Its rows keep their numbers. */
  readonly base: IndexBuildBase | undefined;
  readonly sources: readonly IndexBuildSource[];
}

export interface IndexBuildBase {
  readonly graph: IndexFile;
  readonly rows: StoredRows;
  readonly count: number;
}

export interface IndexBuildSource {
  readonly rows: SharedRows | StoredRows;
  /** Which rows, in the order in which their entries come. */
  readonly take: Uint32Array;
}

export interface SharedRows {
  readonly type: 'shared';
  readonly buffer: SharedArrayBuffer;
  /** Bytes before the first row and from one to the next. */
  readonly offset: number;
  readonly stride: number;
}

export interface StoredRows {
  readonly type: 'stored';
  readonly file: IndexFile;
  readonly offset: number;
  readonly stride: number;
}

/** A file of a segment, as the manifest names it. */
export interface IndexFile {
  readonly name: string;
  /** Of the file as it is stored. */
  readonly bytes: number;
  readonly checksum: number;
  readonly isCompressed: boolean;
}

export interface IndexBuilt {
  readonly graph: IndexFile;
  /** float32, in the graph's file or in one of their own. */
  readonly rows: StoredRows;
  readonly count: number;
  /** For each taken row of each source, in order, the row in the graph: equal vectors share one. */
  readonly rowOf: Uint32Array;
}

/** An error crosses as data: structured clone would drop its code. */
export type ThreadReply<T> = { readonly type: 'ok'; readonly value: T } | { readonly type: 'failed'; readonly error: ThreadError };

export interface ThreadError {
  readonly code: ErrorCode;
  readonly message: string;
}
