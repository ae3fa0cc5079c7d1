/**
 * Conducts the runs of the stores that this process knows, one at a time per store and deployment.
 *
 * Owns: the stores' leases while it conducts, and when it looks for runs. Does not own: the runs (SQL) and what is done for them
 * (`conduct-run.ts`). A conductor that dies loses the lease; another one takes the run, which raises its epoch (I2).
 */
import type { CancelTimer } from '../../base/clock.js';
import { AppError, describeError, hasCode } from '../../base/errors.js';
import { conductRun } from './conduct-run.js';
import { type IngestRun, isOpen } from './ingest-run.js';
import type { IngestStore } from './ingest-store.js';
import { storeLease } from './lease-names.js';
import type { RunDependencies } from './run-dependencies.js';

export class Conductor {
  readonly #stores: ReadonlyMap<string, IngestStore>;
  readonly #dependencies: RunDependencies;
  readonly #closing = new AbortController();
  readonly #stopTimer: CancelTimer;
  readonly #conducting = new Map<string, Promise<void>>();
  /** Stores whose last try failed: not before this, monotonic milliseconds. */
  readonly #notBefore = new Map<string, number>();
  /** Stores whose run somebody else took while this one conducted it: how long this one keeps away, milliseconds. */
  readonly #keepAwayMs = new Map<string, number>();
  /** Stores whose last try failed: why, as far as the log has it. */
  readonly #told = new Map<string, string>();
  #looking: Promise<void> | undefined;
  #again = false;

  constructor(stores: ReadonlyMap<string, IngestStore>, dependencies: RunDependencies) {
    this.#stores = stores;
    this.#dependencies = dependencies;
    this.#stopTimer = dependencies.clock.every(LOOK_MS, () => this.wake());
  }

  /** Looks for runs now. */
  wake(): void {
    this.#again = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  /** Runs under way are left to others. Safe to call twice. */
  async close(): Promise<void> {
    this.#stopTimer();
    this.#closing.abort(new AppError('STEP_ABORTED', { message: 'This process conducts no more ingest runs' }));
    await this.#looking;
    await Promise.all(this.#conducting.values());
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { runs, clock, log } = this.#dependencies;
    while (this.#again && !this.#closing.signal.aborted) {
      this.#again = false;
      try {
        const open = await runs.open();
        if (this.#closing.signal.aborted) return;
        for (const { store: name } of open) {
          const store = this.#stores.get(name);
          if (store === undefined || this.#conducting.has(name) || (this.#notBefore.get(name) ?? 0) > clock.monotonic()) continue;
          const conducting = this.#conduct(store).finally(() => this.#conducting.delete(name));
          this.#conducting.set(name, conducting);
        }
      } catch (error) {
        log.debug({ reason: describeError(error) }, 'ingest runs could not be looked at; they are again');
      }
    }
  }

  /** Never rejects. */
  async #conduct(store: IngestStore): Promise<void> {
    const { leases, clock, log } = this.#dependencies;
    try {
      const outcome = await leases.acquire(storeLease(store.name));
      if (outcome.type === 'held') return;
      try {
        await this.#conductOpen(store, AbortSignal.any([this.#closing.signal, outcome.lease.lost]));
        this.#told.delete(store.name);
      } finally {
        await outcome.lease.release();
      }
    } catch (error) {
      if (this.#closing.signal.aborted || hasCode(error, 'INGEST_LOST') || hasCode(error, 'TASK_LOST')) return;
      this.#notBefore.set(store.name, clock.monotonic() + PAUSE_MS);
      const reason = describeError(error);
      // Once for one reason: it is tried again every second.
      if (this.#told.get(store.name) === reason) return;
      this.#told.set(store.name, reason);
      log.warn({ store: store.name, reason }, 'an ingest run cannot go on; it is tried again');
    }
  }

  /** One after the other, until none is open. */
  async #conductOpen(store: IngestStore, signal: AbortSignal): Promise<void> {
    const { runs, clock } = this.#dependencies;
    for (;;) {
      signal.throwIfAborted();
      const open = await runs.open();
      const run = open.find((candidate) => candidate.store === store.name);
      if (run === undefined) return;
      if (run.pipeline !== store.pipeline) await this.#supersede(run, store);
      else {
        const taken = await runs.take(run.id, clock.now());
        if (taken === undefined) continue;
        const isLost = await conductRun(taken, store, this.#dependencies, signal).then(
          () => false,
          (error: unknown) => {
            if (hasCode(error, 'INGEST_LOST')) return true;
            throw error;
          },
        );
        if (!isLost) this.#keepAwayMs.delete(store.name);
        // Canceled, the next one of the store may go on; taken, it is the other's, although leases should have kept them apart.
        else if (isOpen((await runs.find(run.id)) ?? taken)) return this.#keepAway(store.name);
      }
    }
  }

  /** Longer each time: two that took a run from each other at once would both begin anew for ever. */
  #keepAway(store: string): void {
    const { clock, log } = this.#dependencies;
    const waitMs = Math.min((this.#keepAwayMs.get(store) ?? PAUSE_MS / 2) * 2, MAX_KEEP_AWAY_MS);
    this.#keepAwayMs.set(store, waitMs);
    this.#notBefore.set(store, clock.monotonic() + waitMs);
    log.warn({ store, waitMs }, 'another process has taken the ingest run although this one conducted it; do all use the same Redis?');
  }

  /** Begun with another configuration, whose documents would come out differently. */
  async #supersede(run: IngestRun, store: IngestStore): Promise<void> {
    const { runs, clock } = this.#dependencies;
    const { mode, by } = run;
    await runs.cancel(run.id, 'The configuration has changed since it began', clock.now());
    await runs.begin({ store: store.name, pipeline: store.pipeline, mode, by, at: clock.now() });
  }
}

const LOOK_MS = 500;
const PAUSE_MS = 1_000;
const MAX_KEEP_AWAY_MS = 60_000;
