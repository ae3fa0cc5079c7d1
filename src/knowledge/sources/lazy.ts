/** Something that is opened at the first use and once; a failure is not kept. */
export class Lazy<T> {
  readonly #open: () => Promise<T>;
  #opened: Promise<T> | undefined;

  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  get(): Promise<T> {
    if (this.#opened !== undefined) return this.#opened;
    const opening = this.#open();
    this.#opened = opening;
    opening.catch(() => {
      if (this.#opened === opening) this.#opened = undefined;
    });
    return opening;
  }

  /** Safe to call twice; it may be opened again. */
  async close(dispose: (opened: T) => unknown): Promise<void> {
    const opening = this.#opened;
    this.#opened = undefined;
    const opened = await opening?.catch(() => undefined); // Reported to whoever asked for it.
    if (opened !== undefined) await dispose(opened);
  }
}
