/**
 * Keeps an index that many processes share equal to the chunk table: one of them writes, the others wait until it has.
 *
 * Owns: who writes (a lease), and the position's `unsettled`. Does not own: the vectors (SQL has them), the index (a service), the position
 * (kept with the index, so that both are lost together).
 *
 * S1 Who writes holds the lease, and stops when it is lost.
 * S2 The lease is no fence: a service may carry out what a holder sent before it died, was stopped or gave up waiting, after its successor has
 *    written something newer. So a position is marked `unsettled` before the first write and with each page, and is settled by an end at
 *    which every write was answered. Whoever finds it unsettled goes on from it, and once no such write can be under way any more
 *    (`settleMs`) applies everything after `unsettled.from` again. A holder that comes to itself after that marks it anew.
 * S3 The database's identity is part of the index's name: two databases never fill, or empty, one index.
 * S4 The version that was committed is read after the position: a position beyond it means that the database was set back.
 */

import type { Clock } from '../base/clock.js';
import { hasCode } from '../base/errors.js';
import { newId } from '../base/ids.js';
import { sha256Hex } from '../base/json.js';
import type { Logger } from '../observe/log.js';
import type { CollectionPosition, VectorStore } from '../providers/vector-stores/contract.js';
import type { LeaseManager } from '../tasks/coordination.js';
import { applyMoves } from './apply-moves.js';
import type { ChunkStore } from './chunk-store.js';
import { indexName } from './index-name.js';

export interface SharedIndexOptions {
  readonly chunkStore: ChunkStore;
  readonly vectorStore: VectorStore;
  readonly collection: string;
  /** Fingerprint. */
  readonly embedder: string;
  readonly leases: Pick<LeaseManager, 'acquire'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Longest time that a write nobody waits for may take to be carried out, milliseconds. Default two minutes. */
  readonly settleMs?: number;
}

type Unsettled = NonNullable<CollectionPosition['unsettled']>;

export class SharedIndex {
  readonly #options: SharedIndexOptions;
  #index: string | undefined;
  #reached: CollectionPosition = NOWHERE;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  /** The case of `unsettled` that was seen last, and since when. */
  #seen = { mark: '', sinceMs: 0 };
  /** Writes of this process whose end it has not seen, which the position may not tell of any more. */
  #strayFrom: number | undefined;

  constructor(options: SharedIndexOptions) {
    this.#options = options;
  }

  /** Its name in the vector store; `undefined` until something was committed. */
  get name(): string | undefined {
    return this.#index;
  }

  /** The index has lost its memory: it is looked at again. */
  forget(): void {
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Resolves when everything committed before the call is in the index, by whomever. */
  async catchUp(stop: AbortSignal): Promise<CollectionPosition> {
    const { chunkStore, vectorStore, collection, embedder, leases, clock, log } = this.#options;
    for (;;) {
      stop.throwIfAborted();
      const target = await chunkStore.collection(collection);
      if (target.source === '') return NOWHERE;
      const index = indexName(vectorStore, { collection, embedder, source: target.source });
      this.#index = index;
      if (isAt(this.#reached, target) && !this.#isLookDue()) return this.#reached;
      const position = await vectorStore.position(index, stop);
      if (isAt(position, target) && !this.#isApplyingDue(position) && this.#strayFrom === undefined) return this.#remember(position);
      const outcome = await leases.acquire(`index.${sha256Hex(index).slice(0, 40)}`);
      if (outcome.type === 'held') {
        await clock.sleep(WAIT_MS, stop);
        continue;
      }
      try {
        return this.#remember(await this.#write(index, AbortSignal.any([stop, outcome.lease.lost])));
      } catch (error) {
        if (stop.aborted || !hasCode(error, 'TASK_LOST')) throw error;
        log.warn({ collection }, 'another process goes on with the index');
      } finally {
        await outcome.lease.release();
      }
    }
  }

  async #write(index: string, stop: AbortSignal): Promise<CollectionPosition> {
    const { chunkStore, vectorStore, collection, log } = this.#options;
    let position = await vectorStore.position(index, stop);
    const target = await chunkStore.collection(collection);
    if (position.source !== target.source || position.version > target.version) {
      if (position.source !== '') {
        log.warn({ collection, index }, 'the index is ahead of the database, which was set back; it is filled anew');
        await vectorStore.dropCollection(index, stop);
      }
      position = { source: target.source, version: 0 };
    }
    const { source, version } = position;
    const carried = this.#carried(position.unsettled, version);
    const isAgain = carried !== undefined && this.#isApplyingDue({ ...position, unsettled: carried });
    const end = { source, version: target.version, ...(carried === undefined || isAgain ? {} : { unsettled: carried }) };
    if (version < target.version || isAgain) {
      const mark = newId();
      // What was read back from the feed lies before what is there already.
      const at = (reached: number): CollectionPosition => {
        const best = Math.max(reached, version);
        return { source, version: best, unsettled: { from: Math.min(carried?.from ?? best, best), mark } };
      };
      let open = at(version);
      try {
        await vectorStore.markPosition(index, open, stop);
        const range = { from: isAgain ? Math.min(carried.from, version) : version, to: target.version };
        const onPage = async (reached: number) => {
          if (reached >= target.version || reached <= open.version) return;
          open = at(reached);
          await vectorStore.markPosition(index, open, stop);
        };
        await applyMoves({ ...this.#options, index }, range, onPage, stop);
        stop.throwIfAborted();
      } catch (error) {
        this.#strayFrom = Math.min(this.#strayFrom ?? Number.POSITIVE_INFINITY, open.unsettled?.from ?? version);
        throw error;
      }
    }
    await vectorStore.markPosition(index, end, stop);
    this.#strayFrom = undefined;
    return end;
  }

  #carried(found: Unsettled | undefined, version: number): Unsettled | undefined {
    if (this.#strayFrom === undefined) return found;
    return { from: Math.min(found?.from ?? version, this.#strayFrom), mark: newId() };
  }

  #remember(position: CollectionPosition): CollectionPosition {
    this.#lookedAtMs = this.#options.clock.monotonic();
    this.#reached = position;
    return position;
  }

  /** Whether what may have been overwritten is to be applied again now. */
  #isApplyingDue({ unsettled }: CollectionPosition): boolean {
    if (unsettled === undefined) return false;
    const nowMs = this.#options.clock.monotonic();
    if (this.#seen.mark !== unsettled.mark) this.#seen = { mark: unsettled.mark, sinceMs: nowMs };
    return nowMs - this.#seen.sinceMs >= (this.#options.settleMs ?? SETTLE_MS);
  }

  /** A look at the service costs a request, of some of them money. */
  #isLookDue(): boolean {
    const isOld = this.#options.clock.monotonic() - this.#lookedAtMs >= LOOK_MS;
    return isOld || this.#strayFrom !== undefined || this.#isApplyingDue(this.#reached);
  }
}

function isAt(position: CollectionPosition, target: { readonly source: string; readonly version: number }): boolean {
  return position.source === target.source && position.version === target.version;
}

const NOWHERE: CollectionPosition = { source: '', version: 0 };
const WAIT_MS = 200;
const LOOK_MS = 30_000;
const SETTLE_MS = 120_000;
