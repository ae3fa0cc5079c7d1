/** Text line by line, with the landmarks that begin at its lines. */
import type { Landmark } from '../landmark.js';
import type { ExtractedText } from './extracted-text.js';
import { TextCollector } from './extraction-limits.js';

export class LineWriter {
  readonly #text: TextCollector;
  readonly #landmarks: Landmark[] = [];
  readonly #sourceLines: number[] = [];
  #isEmptyLine = true;

  constructor(name: string) {
    this.#text = new TextCollector(name);
  }

  /** @param sourceLine where it stands in the document, for those that have lines. */
  line(text: string, sourceLine = 0): void {
    for (const each of text.split('\n')) {
      this.#text.add(`${each}\n`);
      this.#sourceLines.push(sourceLine);
      this.#isEmptyLine = each === '';
    }
  }

  /** An empty line, unless there is one. */
  gap(): void {
    if (!this.#isEmptyLine) this.line('', this.#sourceLines.at(-1));
  }

  /** The next line is the heading's. */
  heading(level: number, name: string): void {
    this.#landmarks.push({ type: 'heading', at: this.#text.length, level, name: name.replace(/\s+/g, ' ').trim() });
  }

  /** A page, sheet or slide begins with the next line, which says so (RAG-11). */
  page(number: number, marker: string): void {
    this.gap();
    this.#landmarks.push({ type: 'page', at: this.#text.length, number });
    this.line(marker);
  }

  /** The next line stands on this page; for documents whose pages have no line of their own. */
  pageBreak(number: number): void {
    // Learnt at its end, that the text so far was the first page.
    if (!this.#landmarks.some(({ type }) => type === 'page')) this.#landmarks.unshift({ type: 'page', at: 0, number: number - 1 });
    this.#landmarks.push({ type: 'page', at: this.#text.length, number });
  }

  finish(title: string, hasSourceLines = false): ExtractedText {
    const text = this.#text.toString();
    const landmarks = this.#landmarks;
    return { text, title, ...(hasSourceLines ? { sourceLines: this.#sourceLines } : {}), ...(landmarks.length === 0 ? {} : { landmarks }) };
  }
}
