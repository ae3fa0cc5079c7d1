/** What was opened, to be closed in reverse order, once; a failure of one does not keep the others open. */
export class Closers {
  readonly #onFailure: (error: unknown) => void;
  readonly #closers: (() => Promise<void> | void)[] = [];
  #closed: Promise<void> | undefined;

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  add(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  /** Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#run();
    return this.#closed;
  }

  async #run(): Promise<void> {
    for (const close of this.#closers.reverse()) {
      try {
        await close();
      } catch (error) {
        this.#onFailure(error);
      }
    }
  }
}
