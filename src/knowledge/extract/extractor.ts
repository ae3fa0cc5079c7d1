import type { ExtractedText } from './extracted-text.js';

export interface ExtractInput {
  /** Name with extension, for messages. */
  readonly name: string;
  /** In small letters, with dot; '' = none. */
  readonly extension: string;
  readonly content: Uint8Array;
  /** The character set that whoever delivered the document says it has. */
  readonly charset?: string | undefined;
}

/** Reads documents of some formats. */
export interface Extractor {
  readonly format: string;
  /** With dot. */
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];
  /** Binary formats are never read as plain text when this fails (RAG-15, W-78). */
  readonly isBinary: boolean;
  /** @throws AppError `DOCUMENT_UNREADABLE`, `DOCUMENT_NOT_TEXT`, `DOCUMENT_TOO_LARGE` */
  extract(input: ExtractInput): ExtractedText | Promise<ExtractedText>;
}
