/** Something outside of this process that turns documents into text (RAG-10). Asked on the main thread, before a document is prepared. */
export interface DocumentParser {
  /** For people. */
  readonly name: string;
  /** Higher goes first: extractors of our own have `NATIVE_PRIORITY`, plain text `TEXT_PRIORITY`. */
  readonly priority: number;
  accepts(document: DocumentToParse): boolean;
  /**
   * The text as Markdown; never empty.
   * @throws AppError `DOCUMENT_PARSER_FAILED`: the next one is tried
   */
  parse(document: DocumentToParse, signal: AbortSignal): Promise<string>;
}

export interface DocumentToParse {
  /** For files the path below the source's root, with `/`. */
  readonly id: string;
  /** Name with extension. */
  readonly name: string;
  /** Where it is: an absolute path, or a URL. */
  readonly path: string;
}

export const NATIVE_PRIORITY = 5;
export const TEXT_PRIORITY = 1;
