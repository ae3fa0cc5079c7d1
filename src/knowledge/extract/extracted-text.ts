import type { Landmark } from '../landmark.js';

/** What an extractor makes of a document. */
export interface ExtractedText {
  readonly text: string;
  /** '' = the document names none. */
  readonly title: string;
  /** How `text` is built, for strategies that cut at structure. Default `text`. */
  readonly form?: 'text' | 'markdown' | 'code';
  /** Source line of each line of `text`, where extraction moved them. */
  readonly sourceLines?: readonly number[];
  /** In order of `at`. */
  readonly landmarks?: readonly Landmark[];
}
