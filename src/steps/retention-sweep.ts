/**
 * The keeper's third duty: what is older than `storage.retention` allows is deleted, a little at a time, so that runs do not notice.
 * Sessions that lack their owner's key and ended runs that lack their time of end get it first, also where everything is kept: they could
 * not be listed, or would stay among what is looked through for runs that have not ended. Deletions by owners that a crash left half done
 * are finished.
 */
import type { Clock } from '../base/clock.js';
import type { StorageSettings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import type { LeaseManager } from '../tasks/coordination.js';
import type { Pause, RetentionStore } from '../tasks/recovery-store.js';
import type { SessionUpkeep } from '../tasks/session-store.js';
import { KeeperDuty } from './keeper-duty.js';

export interface RetentionSweepOptions {
  readonly store: RetentionStore;
  /** Default: none. */
  readonly sessionUpkeep?: SessionUpkeep;
  readonly retention: StorageSettings['retention'];
  readonly leases: LeaseManager;
  readonly clock: Clock;
  readonly log: Logger;
}

type Work = (limit: number, pause: Pause) => Promise<number>;
type DeleteBatch = (before: number, ...rest: Parameters<Work>) => Promise<number>;

export class RetentionSweep {
  readonly #options: RetentionSweepOptions;
  readonly #duty: KeeperDuty;

  constructor(options: RetentionSweepOptions) {
    const { leases, clock, log } = options;
    this.#options = options;
    const round = async (signal: AbortSignal) => {
      try {
        await this.#round(signal);
      } catch (error) {
        // Called off between two transactions: whoever has the duty next goes on.
        if (!signal.aborted) throw error;
      }
    };
    this.#duty = new KeeperDuty({ name: 'retention', periodMs: PERIOD_MS, leases, clock, log, round });
  }

  async close(): Promise<void> {
    await this.#duty.close();
  }

  /** Tasks before sessions: a session goes when nothing of it is left to keep. */
  async #round(signal: AbortSignal): Promise<void> {
    const { store, sessionUpkeep, retention, clock } = this.#options;
    await this.#inBatches((...rest) => store.completeEnded(...rest), signal);
    if (sessionUpkeep !== undefined) {
      await this.#inBatches((...rest) => sessionUpkeep.completeSessions(...rest), signal);
      await sessionUpkeep.completeDeletions(() => clock.sleep(BITE_PAUSE_MS, signal));
    }
    await this.#delete('tasks', retention.tasksMs, (...rest) => store.deleteTasks(...rest), signal);
    await this.#delete('events', retention.eventsMs, (...rest) => store.deleteEvents(...rest), signal);
    await this.#delete('sessions', retention.sessionsMs, (...rest) => store.deleteSessions(...rest), signal);
  }

  async #delete(what: string, ageMs: number, deleteBatch: DeleteBatch, signal: AbortSignal): Promise<void> {
    if (ageMs === 0) return;
    const { clock, log } = this.#options;
    const before = clock.now() - ageMs;
    const deleted = await this.#inBatches((...rest) => deleteBatch(before, ...rest), signal);
    if (deleted > 0) log.info({ deleted }, `storage.retention.${what}: what was too old was deleted`);
  }

  async #inBatches(work: Work, signal: AbortSignal): Promise<number> {
    const { clock } = this.#options;
    const pause = () => clock.sleep(BITE_PAUSE_MS, signal);
    let total = 0;
    while (!signal.aborted) {
      const count = await work(BATCH, pause);
      total += count;
      if (count < BATCH) break;
      await clock.sleep(PAUSE_MS, signal);
    }
    return total;
  }
}

const PERIOD_MS = 60_000;
const BATCH = 100;
/** Between batches, so that the commits of runs come first. */
const PAUSE_MS = 50;
/** Between the transactions of one batch: nobody waits for more than one of them, neither a commit nor a keeper that closes. */
const BITE_PAUSE_MS = 5;
