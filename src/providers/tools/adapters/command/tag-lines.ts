import { StringDecoder } from 'node:string_decoder';

/** Longer pieces of one line are shown before its end is there. */
const MAX_PENDING = 8_192;

/**
 * Bytes of one stream as text in whole lines, each behind the tag (TOOL-21). A line of any length passes through: a very long one comes
 * in pieces.
 */
export class TaggedLines {
  readonly #tag: string;
  readonly #show: (text: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #pending = '';
  #isInLine = false;

  constructor(tag: string, show: (text: string) => void) {
    this.#tag = tag;
    this.#show = show;
  }

  add(bytes: Buffer): void {
    this.#take(this.#decoder.write(bytes), false);
  }

  end(): void {
    this.#take(this.#decoder.end(), true);
  }

  #take(text: string, isEnd: boolean): void {
    this.#pending += text;
    const length = isEnd || this.#pending.length > MAX_PENDING ? this.#pending.length : this.#pending.lastIndexOf('\n') + 1;
    if (length === 0) return;
    const whole = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    const isInLine = !whole.endsWith('\n');
    const tagged = this.#tag === '' ? whole : whole.replaceAll(/^(?=[\s\S])/gm, this.#tag);
    this.#show(this.#isInLine ? tagged.slice(this.#tag.length) : tagged);
    this.#isInLine = isInLine;
  }
}
