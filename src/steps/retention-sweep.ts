/**
 * The keeper's third duty: what is older than `storage.retention` allows is deleted, a little at a time, so that runs do not notice.
 */
import type { Clock } from '../base/clock.js';
import type { StorageSettings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import type { LeaseManager } from '../tasks/coordination.js';
import type { RetentionStore } from '../tasks/recovery-store.js';
import { KeeperDuty } from './keeper-duty.js';

export interface RetentionSweepOptions {
  readonly store: RetentionStore;
  readonly retention: StorageSettings['retention'];
  readonly leases: LeaseManager;
  readonly clock: Clock;
  readonly log: Logger;
}

type DeleteBatch = (before: number, limit: number) => Promise<number>;

export class RetentionSweep {
  readonly #options: RetentionSweepOptions;
  readonly #duty: KeeperDuty | undefined;

  /** Without any age to keep to, there is no duty. */
  constructor(options: RetentionSweepOptions) {
    const { retention, leases, clock, log } = options;
    this.#options = options;
    if (Object.values(retention).every((ageMs) => ageMs === 0)) return;
    const round = (signal: AbortSignal) => this.#round(signal);
    this.#duty = new KeeperDuty({ name: 'retention', periodMs: PERIOD_MS, leases, clock, log, round });
  }

  async close(): Promise<void> {
    await this.#duty?.close();
  }

  /** Tasks before sessions: a session goes when nothing of it is left to keep. */
  async #round(signal: AbortSignal): Promise<void> {
    const { store, retention } = this.#options;
    await this.#delete('tasks', retention.tasksMs, (before, limit) => store.deleteTasks(before, limit), signal);
    await this.#delete('events', retention.eventsMs, (before, limit) => store.deleteEvents(before, limit), signal);
    await this.#delete('sessions', retention.sessionsMs, (before, limit) => store.deleteSessions(before, limit), signal);
  }

  async #delete(what: string, ageMs: number, deleteBatch: DeleteBatch, signal: AbortSignal): Promise<void> {
    if (ageMs === 0) return;
    const { clock, log } = this.#options;
    const before = clock.now() - ageMs;
    let deleted = 0;
    for (;;) {
      if (signal.aborted) break;
      const count = await deleteBatch(before, BATCH);
      deleted += count;
      if (count < BATCH) break;
      await clock.sleep(PAUSE_MS, signal);
    }
    if (deleted > 0) log.info({ deleted }, `storage.retention.${what}: what was too old was deleted`);
  }
}

const PERIOD_MS = 60_000;
const BATCH = 100;
/** Between batches, so that the commits of runs come first. */
const PAUSE_MS = 50;
