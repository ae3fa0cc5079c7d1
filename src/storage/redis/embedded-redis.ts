/**
 * The private Redis of a state folder (ARCHITECTURE §3), shared by all Hector processes that use the folder.
 *
 * Owns: the server's life. Does not own: connections to it (`connect.ts`) and what it holds.
 *
 * Who lives is proved by open FIFOs (`life-fifo.ts`), never by process ids. A tiny shell, the guardian, is the
 * server's parent and ends it when the last member is gone. Rules:
 * - E1 A guardian is started only under the folder's lock, with no guardian and no server alive: never two servers on one
 *   append-only file.
 * - E2 Every member watches guardian and server. When one of them ends, members race for the lock; the first ends
 *   what is left and starts both anew, the others find them running. So it does not matter who was killed.
 * - E3 Joining a guardian that is about to end is harmless: it looks like E2. (It removes the socket first, so the
 *   window is about a millisecond; a joiner that finds no answer waits for the guardian's end.)
 * - E4 A member is a writer of `members` from before its first look until `close()` or its death.
 */
import { closeSync } from 'node:fs';
import { backoffMs } from '../../base/backoff.js';
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import { type EmbeddedFiles, prepareFolder, unusableFolder } from './embedded-files.js';
import { lockFile } from './folder-lock.js';
import { hasWriter, holdOpen, makeFifos, watchWriters } from './life-fifo.js';
import { raiseServer } from './raise-server.js';

export interface EmbeddedRedisOptions {
  /** The state folder; everything of the server goes to `redis/` in it. */
  readonly directory: string;
  /** Program to run; '' = the first of `redis-server`, `valkey-server` on the PATH. */
  readonly binary: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedRedis {
  readonly socketPath: string;
  /** Leaves. The last one out ends the server and waits for that, at most 10 s. Safe to call twice. */
  close(): Promise<void>;
}

/** Joins the folder's server, starting it when nobody has. */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const membership = new Membership(options);
  await membership.join(options.signal);
  return membership;
}

class Membership implements EmbeddedRedis {
  readonly #options: EmbeddedRedisOptions;
  readonly #closing = new AbortController();
  #files: EmbeddedFiles;
  #socketPath = '';
  #membersDescriptor: number | undefined;
  #unwatch: readonly (() => void)[] = [];
  #healing: Promise<void> | undefined;
  #mustHeal = false;
  #closed: Promise<void> | undefined;

  constructor(options: EmbeddedRedisOptions) {
    this.#options = options;
    this.#files = prepareFolder(options.directory);
  }

  get socketPath(): string {
    return this.#socketPath;
  }

  async join(signal?: AbortSignal): Promise<void> {
    try {
      this.#socketPath = await this.#ensureServer(AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]));
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort(new AppError('REDIS_UNAVAILABLE', { message: 'The embedded Redis is being left' }));
    await this.#healing;
    this.#leave();
    const { clock, log } = this.#options;
    const deadline = clock.monotonic() + END_TIMEOUT_MS;
    while (this.#isLastOut()) {
      if (clock.monotonic() > deadline) {
        log.warn({ folder: this.#files.folder }, 'The embedded Redis has not ended yet');
        return;
      }
      await clock.sleep(POLL_MS);
    }
  }

  #leave(): void {
    for (const stop of this.#unwatch) stop();
    this.#unwatch = [];
    if (this.#membersDescriptor !== undefined) closeSync(this.#membersDescriptor);
    this.#membersDescriptor = undefined;
  }

  /** Nobody is left, but the guardian is: it is ending the server. */
  #isLastOut(): boolean {
    try {
      return !hasWriter(this.#files.members) && hasWriter(this.#files.guardian);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  async #ensureServer(signal: AbortSignal): Promise<string> {
    try {
      this.#files = prepareFolder(this.#options.directory);
      const unlock = await lockFile(this.#files.lock, this.#options.clock, signal);
      try {
        await makeFifos([this.#files.members, this.#files.guardian, this.#files.server]);
        // E4. After a folder was removed and made again the FIFO is another one: always take the current one.
        const previous = this.#membersDescriptor;
        this.#membersDescriptor = holdOpen(this.#files.members);
        if (previous !== undefined) closeSync(previous);
        const socketPath = await raiseServer({ ...this.#options, files: this.#files, membersDescriptor: this.#membersDescriptor, signal });
        this.#watch();
        return socketPath;
      } finally {
        unlock();
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof AppError) throw error;
      throw unusableFolder(this.#files.folder, error);
    }
  }

  /** E2 */
  #watch(): void {
    for (const stop of this.#unwatch) stop();
    const onEnd = () => {
      this.#mustHeal = true;
      if (!this.#closing.signal.aborted) this.#healing ??= this.#heal();
    };
    this.#unwatch = [watchWriters(this.#files.guardian, onEnd), watchWriters(this.#files.server, onEnd)];
  }

  async #heal(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#closing;
    log.warn({ folder: this.#files.folder }, 'The embedded Redis ended; starting it again');
    for (let attempt = 1; this.#mustHeal && !signal.aborted; attempt += 1) {
      // Before the work: the new server may end while this still runs, and that must not be missed.
      this.#mustHeal = false;
      try {
        const socketPath = await this.#ensureServer(signal);
        if (socketPath !== this.#socketPath)
          log.error({ socketPath }, 'The embedded Redis moved to another socket; restart this process to use it');
      } catch (error) {
        if (signal.aborted) break;
        this.#mustHeal = true;
        log.error({ err: error }, 'The embedded Redis could not be started again; trying on');
        await clock.sleep(backoffMs(attempt, { baseMs: 100, maxMs: 5_000 }), signal).catch(() => undefined);
      }
    }
    this.#healing = undefined;
  }
}

const POLL_MS = 10;
const END_TIMEOUT_MS = 10_000;
