/**
 * Keeps one vector index equal to the chunk table, in every process that searches it.
 *
 * Owns: when to catch up and when to flush. Does not own: the vectors (SQL has them) and the index (a vector store).
 *
 * 1. The index is marked at a version only after everything up to it has been applied (see `chunk-store.ts`, 3).
 * 2. Applying a change twice, or a newer state than the feed told, is harmless: ids are places, not generations.
 * 3. An index that has lost its memory (new thread, broken snapshot, other database) shows it by its position and is
 *    filled again.
 */
import { untilAborted } from '../base/abort.js';
import type { CancelTimer, Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import type { Logger } from '../observe/log.js';
import type { CollectionHealth, CollectionPosition, VectorQuery, VectorSearch, VectorStore } from '../providers/vector-stores/contract.js';
import { type ChunkStore, chunkId, type DocumentMove } from './chunk-store.js';

export interface IndexFollowerOptions {
  readonly chunkStore: ChunkStore;
  readonly vectorStore: VectorStore;
  readonly collection: string;
  /** Fingerprint; only vectors made by this embedder are comparable with its queries. */
  readonly embedder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Pause between looks at the version, milliseconds. Default 1,000. */
  readonly pollMs?: number;
  /** How long the first search waits for an index to be filled before it answers from what is there. Default 10,000. */
  readonly firstWaitMs?: number;
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
  readonly #index: string;
  #reached: CollectionPosition = NOWHERE;
  #isFilled = false;
  #cancelPoll: CancelTimer | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #unsaved = 0;
  #changedAt = 0;
  #closed = false;

  constructor(options: IndexFollowerOptions) {
    this.#options = options;
    this.#index = `${options.collection}@${options.embedder}`;
  }

  /** Nearest chunks by id. The first call starts following. */
  async search(query: VectorQuery, signal: AbortSignal): Promise<VectorSearch> {
    const { vectorStore } = this.#options;
    if (!this.#isFilled) await this.#waitForFirst(signal);
    // What was reached before the search began: the index may move on while the answer travels.
    const reached = this.#reached;
    const found = await vectorStore.search(this.#index, query, signal);
    if (!this.#isFilled || !isBehind(found.position, reached)) return found;
    await untilAborted(this.catchUp(), signal);
    return await vectorStore.search(this.#index, query, signal);
  }

  /** Resolves when everything committed before the call is searchable here. */
  catchUp(): Promise<void> {
    if (this.#closed)
      return Promise.reject(
        new AppError('INDEX_FAILED', { message: `The index of collection '${this.#options.collection}' has been closed` }),
      );
    this.#startPolling();
    if (this.#running === undefined) {
      const run = this.#catchUp().finally(() => {
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
    if (this.#closed) return;
    this.catchUp().catch((error: unknown) => this.#report(error));
  }

  async health(): Promise<IndexHealth> {
    const { chunkStore, vectorStore, collection, embedder } = this.#options;
    const { source, version: committedVersion } = await chunkStore.collection(collection);
    const isFollowing = this.#cancelPoll !== undefined && !this.#closed;
    const version = this.#reached.source === source ? this.#reached.version : 0;
    const known = !isFollowing
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
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelPoll?.();
    await this.#running?.catch(() => undefined);
    await this.#flush();
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
    const target = await chunkStore.collection(collection);
    const position = await vectorStore.position(this.#index);
    if (position.source !== target.source || position.version > target.version) {
      if (position.source !== '') await vectorStore.dropCollection(this.#index);
      this.#reached = NOWHERE;
      if (target.source === '') {
        this.#isFilled = true;
        return;
      }
      await this.#mark({ source: target.source, version: 0 });
    }
    let reached = position.source === target.source && position.version <= target.version ? position.version : 0;
    let cursor = { version: reached, key: AFTER_ALL_KEYS };
    while (reached < target.version && !this.#closed) {
      const moves = await chunkStore.changes(collection, cursor, PAGE_DOCUMENTS);
      for (const group of byChunks(moves)) {
        if (this.#closed) return;
        await this.#apply(group);
      }
      const last = moves.at(-1);
      if (last !== undefined) cursor = { version: last.version, key: last.key };
      // A full page may end within a version; an unfilled one was the end of the feed.
      reached = moves.length < PAGE_DOCUMENTS ? Math.max(target.version, cursor.version) : Math.max(reached, cursor.version - 1);
      await this.#mark({ source: target.source, version: reached });
      this.#changedAt = clock.monotonic();
      if (this.#unsaved >= FLUSH_CHANGES) await this.#flush();
    }
    this.#reached = { source: target.source, version: reached };
    this.#isFilled = true;
    if (this.#unsaved > 0 && clock.monotonic() - this.#changedAt >= FLUSH_IDLE_MS) await this.#flush();
  }

  async #apply(moves: readonly DocumentMove[]): Promise<void> {
    const { chunkStore, vectorStore, embedder } = this.#options;
    const filled = moves.filter((move) => move.chunkCount > 0).map((move) => move.key);
    const vectors = filled.length === 0 ? [] : await chunkStore.vectors(filled, embedder);
    const entries = vectors.map((chunk) => ({
      id: chunkId(chunk.documentKey, chunk.index),
      vector: chunk.vector,
      metadata: chunk.metadata,
    }));
    for (let at = 0; at < entries.length; at += PAGE_VECTORS) await vectorStore.upsert(this.#index, entries.slice(at, at + PAGE_VECTORS));
    const living = new Set(entries.map((entry) => entry.id));
    const gone = moves.flatMap((move) =>
      Array.from({ length: move.slots }, (_, index) => chunkId(move.key, index)).filter((id) => !living.has(id)),
    );
    if (gone.length > 0) await vectorStore.remove(this.#index, gone);
    this.#unsaved += entries.length + gone.length;
  }

  async #mark(position: CollectionPosition): Promise<void> {
    await this.#options.vectorStore.markPosition(this.#index, position);
    this.#reached = position;
  }

  /** A snapshot only saves time at the next start: failing to write it fails nothing else. */
  async #flush(): Promise<void> {
    if (this.#unsaved === 0) return;
    this.#unsaved = 0;
    try {
      await this.#options.vectorStore.flush(this.#index);
    } catch (error) {
      this.#options.log.warn({ err: error, collection: this.#options.collection }, 'the index snapshot could not be written');
    }
  }

  #report(error: unknown): void {
    if (!this.#closed)
      this.#options.log.warn(
        { err: error, collection: this.#options.collection },
        'the index could not follow the database; it tries again',
      );
  }
}

function isBehind(position: CollectionPosition, reached: CollectionPosition): boolean {
  return position.source !== reached.source || position.version < reached.version;
}

/** Groups of documents with a bounded number of chunks; a larger document is a group of its own. */
function* byChunks(moves: readonly DocumentMove[]): Generator<readonly DocumentMove[]> {
  let group: DocumentMove[] = [];
  let chunks = 0;
  for (const move of moves) {
    if (group.length > 0 && chunks + move.chunkCount > GROUP_CHUNKS) {
      yield group;
      group = [];
      chunks = 0;
    }
    group.push(move);
    chunks += move.chunkCount;
  }
  if (group.length > 0) yield group;
}

const NOWHERE: CollectionPosition = { source: '', version: 0 };
/** Sorts behind every key: keys are hexadecimal. */
const AFTER_ALL_KEYS = '~';
const PAGE_DOCUMENTS = 500;
const GROUP_CHUNKS = 1000;
const PAGE_VECTORS = 256;
/** Changes after which a snapshot is written at once, and quiet time after which one is written for fewer. */
const FLUSH_CHANGES = 20_000;
const FLUSH_IDLE_MS = 5_000;
