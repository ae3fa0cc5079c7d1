/**
 * The pages of one scan, in the order in which they were met.
 *
 * Owns: which addresses have been taken in, at most `maxPages`. More are refused, and that there were is known.
 */
export interface Target {
  readonly url: URL;
  /** Links between it and a first address. */
  readonly depth: number;
  /** Stands in the configuration. */
  readonly isFirst: boolean;
  /** Another page calls this one its own address: what this one calls its own is not followed again. */
  readonly isCanonical?: boolean;
}

export class Frontier {
  readonly #maxPages: number;
  readonly #met = new Set<string>();
  #waiting: Target[] = [];
  #at = 0;
  #hasMore = false;

  constructor(maxPages: number) {
    this.#maxPages = maxPages;
  }

  /** Some page was refused. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  add(target: Target): void {
    const { href } = target.url;
    if (this.#met.has(href)) return;
    if (this.#met.size >= this.#maxPages) {
      this.#hasMore = true;
      return;
    }
    this.#met.add(href);
    this.#waiting.push(target);
  }

  /** Where a redirect has led to; false: it was met before. */
  meet(url: URL): boolean {
    if (this.#met.has(url.href)) return false;
    this.#met.add(url.href);
    return true;
  }

  next(): Target | undefined {
    const target = this.#waiting[this.#at];
    if (target === undefined) return undefined;
    this.#at += 1;
    if (this.#at < FORGET_AFTER) return target;
    this.#waiting = this.#waiting.slice(this.#at);
    this.#at = 0;
    return target;
  }
}

const FORGET_AFTER = 1_000;
