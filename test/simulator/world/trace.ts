/** What happened, in order: a hash over all of it, and the last lines. The same seed gives the same hash. */
export class Trace {
  readonly #kept: number;
  readonly #onLine: ((line: string) => void) | undefined;
  #lines: string[] = [];
  #high = 0xdeadbeef;
  #low = 0x41c6ce57;
  count = 0;

  constructor(options: { readonly kept?: number; readonly onLine?: (line: string) => void } = {}) {
    this.#kept = options.kept ?? 60;
    this.#onLine = options.onLine;
  }

  add(nowMs: number, text: string): void {
    const line = `${nowMs.toFixed(2).padStart(10)} ${text}`;
    this.count += 1;
    for (let index = 0; index < line.length; index++) {
      const code = line.charCodeAt(index);
      this.#high = Math.imul(this.#high ^ code, 2654435761);
      this.#low = Math.imul(this.#low ^ code, 1597334677);
    }
    this.#lines.push(line);
    if (this.#lines.length > 4 * this.#kept) this.#lines = this.#lines.slice(-this.#kept);
    this.#onLine?.(line);
  }

  get hash(): string {
    return (this.#high >>> 0).toString(16).padStart(8, '0') + (this.#low >>> 0).toString(16).padStart(8, '0');
  }

  get tail(): readonly string[] {
    return this.#lines.slice(-this.#kept);
  }
}
