import { type FileHandle, open } from 'node:fs/promises';

/**
 * Brings SQLite's write-ahead log to the disk without holding up the event loop.
 *
 * SQLite runs with `synchronous = NORMAL`: a commit is in the operating system's hands, consistent whatever
 * happens, but not yet safe from power loss. `synchronous = FULL` would wait for the disk inside COMMIT, on the
 * thread that serves every stream. So the wait happens here, on a thread of libuv, before the commit is reported.
 * (The log file carries none of SQLite's locks, so a second descriptor on it is harmless.)
 */
export class WalSync {
  readonly #path: string;
  #file: Promise<FileHandle> | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves when everything committed before the call is on the disk. */
  flush(): Promise<void> {
    // One that already runs may have started before the caller's commit; the one after it has not.
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running
      .catch(() => {
        // Reported to those who waited for it.
      })
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  async close(): Promise<void> {
    const opening = this.#file;
    this.#file = undefined;
    const file = await opening?.catch(() => undefined); // Reported to the flush that asked for it.
    await file?.close();
  }

  #start(): Promise<void> {
    const running = this.#open()
      .then((file) => file.datasync())
      .finally(() => {
        if (this.#running === running) this.#running = undefined;
      });
    this.#running = running;
    return running;
  }

  /** Kept once open. A failure is not: too many open files now says nothing about the next commit. */
  #open(): Promise<FileHandle> {
    if (this.#file !== undefined) return this.#file;
    const opening = open(this.#path, 'r+');
    this.#file = opening;
    opening.catch(() => {
      if (this.#file === opening) this.#file = undefined;
    });
    return opening;
  }
}
