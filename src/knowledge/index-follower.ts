/**
 * Keeps one vector index equal to the chunk table, in every process that searches it.
 *
 * Owns: when to catch up and when to flush. Does not own: the vectors (SQL has them) and the index (a vector store).
 *
 * 1. The index is marked at a version only after everything up to it has been applied (see `chunk-store.ts`, 3).
 * 2. Applying a change twice, or a newer state than the feed told, is harmless (`apply-moves.ts`).
 * 3. An index that has lost its memory (new thread, broken snapshot, other database) shows it by its position and is
 *    filled again.
 * 4. An index that other processes share is filled by one of them (`shared-index.ts`); here one waits for it.
 */
import { untilAborted } from '../base/abort.js';
import type { CancelTimer, Clock } from '../base/clock.js';
import { AppError, describeError } from '../base/errors.js';
import type { Logger } from '../observe/log.js';
import type { CollectionHealth, CollectionPosition, VectorQuery, VectorSearch, VectorStore } from '../providers/vector-stores/contract.js';
import type { LeaseManager } from '../tasks/coordination.js';
import { applyMoves } from './apply-moves.js';
import type { ChunkStore } from './chunk-store.js';
import { indexName } from './index-name.js';
import { SharedIndex } from './shared-index.js';

export interface IndexFollowerOptions {
  readonly chunkStore: ChunkStore;
  readonly vectorStore: VectorStore;
  readonly collection: string;
  /** Fingerprint; only vectors made by this embedder are comparable with its queries. */
  readonly embedder: string;
  /** Of who writes, when the store is shared. */
  readonly leases: Pick<LeaseManager, 'acquire'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Pause between looks at the version, milliseconds. Default 1,000. */
  readonly pollMs?: number;
  /** How long the first search waits for an index to be filled before it answers from what is there. Default 10,000. */
  readonly firstWaitMs?: number;
  /** Of `SharedIndexOptions`. */
  readonly settleMs?: number;
}

/** How well one index of this process keeps up with the chunk table. */
export interface IndexHealth extends CollectionHealth {
  readonly collection: string;
  /** Fingerprint. */
  readonly embedder: string;
  /** Nobody has searched it here: nothing is open, and `entries` is 0. */
  readonly isFollowing: boolean;
  /** It has held everything at some time; until then searches answer from what is there. */
  readonly isFilled: boolean;
  /** Versions of the chunk table: applied here, committed, and the difference. */
  readonly version: number;
  readonly committedVersion: number;
  readonly behind: number;
  /** Changes since the last snapshot. */
  readonly unsaved: number;
}

export class IndexFollower {
  readonly #options: IndexFollowerOptions;
  /** Of this process's own; the name of a shared one is told by `#shared`. */
  readonly #ownIndex: string;
  readonly #shared: SharedIndex | undefined;
  readonly #closing = new AbortController();
  #reached: CollectionPosition = NOWHERE;
  #isFilled = false;
  #cancelPoll: CancelTimer | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #unsaved = 0;
  #changedAt = 0;
  #failure: string | undefined;
  /** The failure that the log has a line of. */
  #told: string | undefined;

  constructor(options: IndexFollowerOptions) {
    this.#options = options;
    this.#ownIndex = indexName({}, { ...options, source: '' });
    this.#shared = options.vectorStore.isShared === true ? new SharedIndex(options) : undefined;
  }

  /** Nearest chunks by id. The first call starts following. */
  async search(query: VectorQuery, signal: AbortSignal): Promise<VectorSearch> {
    const { vectorStore } = this.#options;
    if (!this.#isFilled) await this.#waitForFirst(signal);
    // What was reached before the search began: the index may move on while the answer travels.
    const reached = this.#reached;
    if (this.#index === undefined) return { position: NOWHERE, hits: [] };
    const found = await vectorStore.search(this.#index, query, signal);
    if (!this.#isFilled || !isBehind(found.position, reached)) return found;
    this.#shared?.forget();
    await untilAborted(this.catchUp(), signal);
    return await vectorStore.search(this.#index, query, signal);
  }

  /** Resolves when everything committed before the call is searchable here. */
  catchUp(): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#closedError());
    this.#startPolling();
    if (this.#running === undefined) {
      const run = this.#catchUp()
        .then(
          () => {
            this.#failure = undefined;
            if (this.#told !== undefined)
              this.#options.log.info({ collection: this.#options.collection }, 'the index follows the database again');
            this.#told = undefined;
          },
          (error: unknown) => {
            this.#failure = describeError(error);
            throw error;
          },
        )
        .finally(() => {
          this.#running = undefined;
        });
      this.#running = run;
      return run;
    }
    // The run under way may have read the version before the caller's commit; one more run is enough for all callers.
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.catchUp();
      });
    return this.#next;
  }

  /** Catches up in the background. */
  wake(): void {
    if (this.#closing.signal.aborted) return;
    this.catchUp().catch((error: unknown) => this.#report(error));
  }

  /** Why it does not follow the chunk table now; `undefined`: it does, or nobody has asked anything of it here. */
  get failure(): string | undefined {
    return this.#failure;
  }

  async health(): Promise<IndexHealth> {
    const { chunkStore, vectorStore, collection, embedder } = this.#options;
    const { source, version: committedVersion } = await chunkStore.collection(collection);
    const isFollowing = this.#cancelPoll !== undefined && !this.#closing.signal.aborted;
    const version = this.#reached.source === source ? this.#reached.version : 0;
    const known =
      !isFollowing || this.#index === undefined
        ? { entries: 0 }
        : vectorStore.health === undefined
          ? { entries: await vectorStore.count(this.#index) }
          : await vectorStore.health(this.#index);
    return {
      ...known,
      collection,
      embedder,
      isFollowing,
      isFilled: this.#isFilled,
      version,
      committedVersion,
      // What was applied meanwhile may be newer than what was read above.
      behind: Math.max(0, committedVersion - version),
      unsaved: this.#unsaved,
    };
  }

  /** Ends following and saves what was learnt. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(this.#closedError());
    this.#cancelPoll?.();
    await this.#running?.catch(() => undefined);
    await this.#flush();
  }

  get #index(): string | undefined {
    return this.#shared === undefined ? this.#ownIndex : this.#shared.name;
  }

  #closedError(): AppError {
    return new AppError('INDEX_FAILED', { message: `The index of collection '${this.#options.collection}' has been closed` });
  }

  #startPolling(): void {
    this.#cancelPoll ??= this.#options.clock.every(this.#options.pollMs ?? 1000, () => {
      if (this.#running === undefined) this.wake();
    });
  }

  async #waitForFirst(signal: AbortSignal): Promise<void> {
    const { clock, log, collection, firstWaitMs = 10_000 } = this.#options;
    const timeout = new AbortController();
    const cancel = clock.after(firstWaitMs, () => timeout.abort());
    try {
      await untilAborted(this.catchUp(), AbortSignal.any([signal, timeout.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (!timeout.signal.aborted) throw error;
      log.warn({ collection }, 'the index is still being filled; the search answers from what is there');
    } finally {
      cancel();
    }
  }

  async #catchUp(): Promise<void> {
    const { chunkStore, vectorStore, collection, clock } = this.#options;
    if (this.#shared !== undefined) {
      this.#reached = await this.#shared.catchUp(this.#closing.signal);
      this.#isFilled = true;
      return;
    }
    const index = this.#ownIndex;
    const target = await chunkStore.collection(collection);
    const position = await vectorStore.position(index);
    if (position.source !== target.source || position.version > target.version) {
      if (position.source !== '') await vectorStore.dropCollection(index);
      this.#reached = NOWHERE;
      if (target.source === '') {
        this.#isFilled = true;
        return;
      }
      await this.#mark({ source: target.source, version: 0 });
    }
    const from = position.source === target.source && position.version <= target.version ? position.version : 0;
    this.#reached = { source: target.source, version: from };
    const onPage = async (reached: number, changes: number) => {
      this.#unsaved += changes;
      await this.#mark({ source: target.source, version: reached });
      this.#changedAt = clock.monotonic();
      if (this.#unsaved >= FLUSH_CHANGES) await this.#flush();
    };
    await applyMoves({ ...this.#options, index }, { from, to: target.version }, onPage, this.#closing.signal);
    this.#isFilled = true;
    if (this.#unsaved > 0 && clock.monotonic() - this.#changedAt >= FLUSH_IDLE_MS) await this.#flush();
  }

  async #mark(position: CollectionPosition): Promise<void> {
    await this.#options.vectorStore.markPosition(this.#ownIndex, position);
    this.#reached = position;
  }

  /** A snapshot only saves time at the next start: failing to write it fails nothing else. */
  async #flush(): Promise<void> {
    if (this.#unsaved === 0) return;
    this.#unsaved = 0;
    try {
      await this.#options.vectorStore.flush(this.#ownIndex);
    } catch (error) {
      this.#options.log.warn({ err: error, collection: this.#options.collection }, 'the index snapshot could not be written');
    }
  }

  /** Once for one reason: it is tried again every second. */
  #report(error: unknown): void {
    const reason = describeError(error);
    if (this.#closing.signal.aborted || reason === this.#told) return;
    this.#told = reason;
    this.#options.log.warn({ err: error, collection: this.#options.collection }, 'the index could not follow the database; it tries again');
  }
}

function isBehind(position: CollectionPosition, reached: CollectionPosition): boolean {
  return position.source !== reached.source || position.version < reached.version;
}

const NOWHERE: CollectionPosition = { source: '', version: 0 };
/** Changes after which a snapshot is written at once, and quiet time after which one is written for fewer. */
const FLUSH_CHANGES = 20_000;
const FLUSH_IDLE_MS = 5_000;
