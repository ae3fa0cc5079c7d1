/** Where documents come from. */
export interface SourceDocument {
  /** Stable within its store; for files the path below the root, with `/`. */
  readonly id: string;
  /** Name with extension; decides the extractor. */
  readonly name: string;
  /** What a person would open. */
  readonly path: string;
  readonly bytes: number;
  /** Last change, milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** Something that the source shows but cannot give. */
export interface SourceProblem {
  /** The document, or the folder when `isFolder`. */
  readonly id: string;
  readonly path: string;
  /** Documents below a folder that cannot be listed are unknown, not deleted. */
  readonly isFolder: boolean;
  readonly error: Error;
}

export interface SourceScan {
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly SourceProblem[];
}

export interface DocumentSource {
  /**
   * Everything there is now, in an order that stays the same.
   * @throws AppError `DOCUMENT_SOURCE_UNREADABLE` when nothing can be said about the source as a whole.
   */
  scan(signal: AbortSignal): Promise<SourceScan>;
  /** @throws AppError `DOCUMENT_SOURCE_UNREADABLE`, `DOCUMENT_TOO_LARGE` */
  read(document: SourceDocument, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}
