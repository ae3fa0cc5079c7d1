/** What a document may make of itself, beside the heap and the time of its thread: buffers lie outside of that heap. */
import { AppError } from '../../base/errors.js';

/** Characters of text. */
export const MAX_TEXT = 64 * 1024 * 1024;
/** Bytes of an archive's parts that are read, unpacked. */
export const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;

/** Collects text and refuses to grow without end. */
export class TextCollector {
  readonly #name: string;
  readonly #parts: string[] = [];
  #length = 0;

  constructor(name: string) {
    this.#name = name;
  }

  get length(): number {
    return this.#length;
  }

  add(text: string): void {
    this.#length += text.length;
    if (this.#length > MAX_TEXT)
      throw new AppError('DOCUMENT_TOO_LARGE', {
        message: `'${this.#name}' holds more than ${MAX_TEXT / 1024 / 1024} million characters of text; split it or exclude it in source.exclude`,
      });
    this.#parts.push(text);
  }

  toString(): string {
    return this.#parts.join('');
  }
}
