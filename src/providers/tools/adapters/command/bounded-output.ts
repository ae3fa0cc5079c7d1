/** The begin and the end of a long output: what does not fit is left out of the middle. */
export class BoundedOutput {
  readonly #half: number;
  #head = '';
  #tail = '';
  #dropped = 0;

  /** Characters kept. */
  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2));
  }

  add(text: string): void {
    const room = this.#half - this.#head.length;
    this.#head += text.slice(0, room);
    if (text.length <= room) return;
    this.#tail += text.slice(room);
    // Cut seldom: each cut copies.
    if (this.#tail.length > this.#half * 2) this.#trim();
  }

  toString(): string {
    this.#trim();
    return this.#dropped === 0 ? this.#head + this.#tail : `${this.#head}\n… ${this.#dropped} characters left out …\n${this.#tail}`;
  }

  #trim(): void {
    const excess = this.#tail.length - this.#half;
    if (excess <= 0) return;
    this.#dropped += excess;
    this.#tail = this.#tail.slice(excess);
  }
}
