/** The best so many, in one total order: higher score first, of equal scores the lower id. */

export interface Hit {
  readonly id: string;
  readonly score: number;
}

export class TopHits {
  readonly #limit: number;
  /** A heap with the worst at its root. */
  readonly #heap: Hit[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** No lower score gets in. */
  get floor(): number {
    return this.#heap.length < this.#limit ? Number.NEGATIVE_INFINITY : (this.#heap[0] as Hit).score;
  }

  offer(id: string, score: number): void {
    const heap = this.#heap;
    const hit = { id, score };
    if (heap.length < this.#limit) {
      heap.push(hit);
      this.#rise(heap.length - 1);
    } else if (this.#limit > 0 && order(hit, heap[0] as Hit) < 0) {
      heap[0] = hit;
      this.#sink();
    }
  }

  /** Best first. */
  sorted(): readonly Hit[] {
    return [...this.#heap].sort(order);
  }

  #rise(index: number): void {
    const heap = this.#heap;
    for (let at = index; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (order(heap[at] as Hit, heap[parent] as Hit) <= 0) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && order(heap[child] as Hit, heap[worst] as Hit) > 0) worst = child;
      if (worst === at) return;
      this.#swap(at, worst);
      at = worst;
    }
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a] as Hit;
    this.#heap[a] = this.#heap[b] as Hit;
    this.#heap[b] = kept;
  }
}

function order(a: Hit, b: Hit): number {
  return b.score - a.score || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
