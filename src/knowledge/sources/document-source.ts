/**
 * Where documents come from.
 *
 * 1. A scan names every document there is now, each once; what it cannot say about is a problem, never silence, since silence means
 *    deleted.
 * 2. A scan holds a bounded part of the source in memory, however many documents there are.
 * 3. `read` works in another process than the scan and later: it needs nothing but the document's own members.
 */
import type { Metadata } from '../../base/metadata.js';

export interface SourceDocument {
  /** Stable within its store; for files the path below the root, with `/`. */
  readonly id: string;
  /** Name with extension; decides the extractor when the content names no media type. */
  readonly name: string;
  /** What a person would open. */
  readonly path: string;
  /** 0 = not known before it is read. */
  readonly bytes: number;
  /** Last change, milliseconds since the epoch; 0 = not known. */
  readonly modifiedAt: number;
  /** What the source calls this state, such as an ETag: equal = unchanged. '' = size and time of change tell. */
  readonly version: string;
  readonly metadata: Metadata;
  /** The scan has it already and asking again would cost the source: at most `source.max_file_size`. */
  readonly content?: SourceContent;
}

export interface SourceContent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Goes before the name's extension. */
  readonly mediaType?: string;
  /** Learnt by reading; goes before the document's. */
  readonly metadata?: Metadata;
  /** As `SourceDocument.version`, when only reading tells. */
  readonly version?: string;
}

/** Something that the source shows but cannot give. */
export interface SourceProblem {
  /** The document, or the folder when `isFolder`. */
  readonly id: string;
  readonly path: string;
  /** Documents below a folder that cannot be listed are unknown, not deleted. `id` '' = nothing may be taken as deleted. */
  readonly isFolder: boolean;
  readonly error: Error;
}

export type SourceFinding =
  | { readonly type: 'document'; readonly document: SourceDocument }
  | { readonly type: 'problem'; readonly problem: SourceProblem };

/** Versions that are indexed, by document id; what is not indexed is missing. */
export type FindVersions = (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

export interface DocumentSource {
  /**
   * Everything there is now. A source that has to ask for contents to say so may ask on the condition that they are not of the version
   * that `findVersions` tells; without it, nothing is taken as known.
   * @throws AppError `DOCUMENT_SOURCE_UNREADABLE` when nothing can be said about the source as a whole.
   */
  scan(signal: AbortSignal, findVersions?: FindVersions): AsyncIterable<SourceFinding>;
  /**
   * `unchanged`: the source says that `knownVersion` still is its state (a conditional request).
   * @throws AppError `DOCUMENT_SOURCE_UNREADABLE`, `DOCUMENT_TOO_LARGE`
   */
  read(document: SourceDocument, knownVersion: string, signal: AbortSignal): Promise<SourceContent | 'unchanged'>;
  /** Calls back after something may have changed, debounced (RAG-33); resolves when it watches. Not every source can. */
  watch?(onChange: () => void, signal: AbortSignal): Promise<void>;
  /** Lets go of connections. */
  close?(): Promise<void>;
}
