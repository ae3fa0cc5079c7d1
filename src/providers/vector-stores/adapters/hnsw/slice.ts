/** Lets whoever waits run after every few milliseconds of work. */
export class Slice {
  #since = performance.now();

  /** Whether it is time for `giveWay`, for loops that would rather not await each turn. */
  get isOver(): boolean {
    return performance.now() - this.#since >= SLICE_MS;
  }

  async giveWay(): Promise<void> {
    if (!this.isOver) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}

const SLICE_MS = 2;
