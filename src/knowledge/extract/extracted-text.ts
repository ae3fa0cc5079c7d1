/** What an extractor makes of a document. */
export interface ExtractedText {
  readonly text: string;
  /** '' = the document names none. */
  readonly title: string;
  /** Source line of each line of `text`, where extraction moved them. */
  readonly sourceLines?: readonly number[];
}
