import { type FileHandle, open } from 'node:fs/promises';

export type FileToSync = Pick<FileHandle, 'datasync' | 'close'>;
type OpenFile = (path: string) => Promise<FileToSync>;

/**
 * Brings SQLite's write-ahead log to the disk without holding up the event loop.
 *
 * SQLite runs with `synchronous = NORMAL`: a commit is in the operating system's hands, consistent whatever
 * happens, but not yet safe from power loss. `synchronous = FULL` would wait for the disk inside COMMIT, on the
 * thread that serves every stream. So the wait happens here, on a thread of libuv, before the commit is reported.
 * A flush that failed is final: the operating system may have dropped what it could not write and call it written, so a
 * later one that succeeds proves nothing about it. Only opening the database anew, which reads the log, tells what is there.
 *
 * (The log file carries none of SQLite's locks, so a second descriptor on it is harmless.)
 */
export class WalSync {
  readonly #path: string;
  readonly #openFile: OpenFile;
  #failure: unknown;
  #file: Promise<FileToSync> | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(path: string, openFile: OpenFile = (file) => open(file, 'r+')) {
    this.#path = path;
    this.#openFile = openFile;
  }

  /** What the disk said when a flush failed: nothing more is to be written. */
  get failure(): unknown {
    return this.#failure;
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
      .then((file) => this.#sync(file))
      .finally(() => {
        if (this.#running === running) this.#running = undefined;
      });
    this.#running = running;
    return running;
  }

  async #sync(file: FileToSync): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await file.datasync();
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  /** Kept once open. A failure is not: too many open files now says nothing about the next commit. */
  #open(): Promise<FileToSync> {
    if (this.#file !== undefined) return this.#file;
    const opening = this.#openFile(this.#path);
    this.#file = opening;
    opening.catch(() => {
      if (this.#file === opening) this.#file = undefined;
    });
    return opening;
  }
}
