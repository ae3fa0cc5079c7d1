/**
 * The segments of a collection, oldest first, and who is using them.
 *
 * A search holds what it began with: a segment that is replaced meanwhile is closed when the last one leaves it.
 */
import type { Segment } from './segment.js';

export class SegmentShelf {
  #segments: readonly Segment[] = [];
  readonly #uses = new Map<Segment, number>();
  readonly #retired = new Set<Segment>();

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  add(segment: Segment): void {
    this.#segments = [...this.#segments, segment];
  }

  /** `after` takes the place of `before`, in one step for everybody. */
  replace(before: readonly Segment[], after: readonly Segment[]): void {
    this.#segments = [...after, ...this.#segments.filter((segment) => !before.includes(segment))];
    for (const segment of before) this.#retired.add(segment);
    this.#closeUnused(before);
  }

  /** All that are there now. */
  async use<T>(work: (segments: readonly Segment[]) => Promise<T>): Promise<T> {
    const segments = this.#segments;
    for (const segment of segments) this.#uses.set(segment, (this.#uses.get(segment) ?? 0) + 1);
    try {
      return await work(segments);
    } finally {
      for (const segment of segments) {
        const left = (this.#uses.get(segment) as number) - 1;
        if (left === 0) this.#uses.delete(segment);
        else this.#uses.set(segment, left);
      }
      this.#closeUnused(segments);
    }
  }

  #closeUnused(segments: readonly Segment[]): void {
    for (const segment of segments) {
      if (!this.#retired.has(segment) || this.#uses.has(segment)) continue;
      this.#retired.delete(segment);
      // Nobody can do anything about a descriptor that does not close.
      void segment.close().catch(() => undefined);
    }
  }
}
