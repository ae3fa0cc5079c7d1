import type { Clock } from '../base/clock.js';
import type { StorageSettings } from '../config/settings.js';
import type { RecallIndexer } from '../memory/recall/indexer.js';
import type { Logger } from '../observe/log.js';
import type { Meter } from '../observe/meter.js';
import type { FeedPublisher, LeaseManager } from '../tasks/coordination.js';
import type { RecoveryStore, RetentionStore } from '../tasks/recovery-store.js';
import type { SessionUpkeep } from '../tasks/session-store.js';
import type { StepQueue } from '../tasks/step-queue.js';
import type { TaskRecord, TaskStore } from '../tasks/task-store.js';
import { ExpirySweep } from './expiry-sweep.js';
import { KeeperDuty } from './keeper-duty.js';
import { RecoverySweep } from './recovery-sweep.js';
import { RetentionSweep } from './retention-sweep.js';

export interface KeeperOptions {
  readonly store: TaskStore & RecoveryStore & RetentionStore;
  /** Default: none. */
  readonly sessionUpkeep?: SessionUpkeep;
  /** Makes what was said in sessions findable (MEM-01); `undefined` while no agent searches it. */
  readonly indexer?: Pick<RecallIndexer, 'round'> | undefined;
  readonly retention: StorageSettings['retention'];
  readonly leases: LeaseManager;
  readonly queue: StepQueue & { takeOver(task: TaskRecord): Promise<void> };
  readonly publisher: FeedPublisher;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Meter;
  /** Moves session messages that their writer did not get to move (SES-10); `undefined` while sessions have no database of their own. */
  readonly moveSessions: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Keeps what embedders remember of texts within its limits (EMB-05). Default: nobody does. */
  readonly trimEmbeddings?: ((signal: AbortSignal) => Promise<void>) | undefined;
}

/** The duties of a process with the role `keeper`; each is done by one such process at a time. */
export class Keeper {
  readonly #duties: readonly { close(): Promise<void> }[];

  constructor(options: KeeperOptions) {
    const { moveSessions: round, trimEmbeddings: trim, indexer, leases, clock, log } = options;
    this.#duties = [
      new RecoverySweep(options),
      new ExpirySweep(options),
      new RetentionSweep(options),
      ...(round === undefined ? [] : [new KeeperDuty({ name: 'sessions', periodMs: MOVE_PERIOD_MS, leases, clock, log, round })]),
      ...(trim === undefined ? [] : [new KeeperDuty({ name: 'embeddings', periodMs: TRIM_PERIOD_MS, leases, clock, log, round: trim })]),
      ...(indexer === undefined ? [] : [recallDuty(indexer, { leases, clock, log })]),
    ];
  }

  /** Other keepers may go on at once. Safe to call twice. */
  async close(): Promise<void> {
    await Promise.all(this.#duties.map((duty) => duty.close()));
  }
}

const MOVE_PERIOD_MS = 5_000;
const TRIM_PERIOD_MS = 300_000;

/** Behind the runs, so that none of them waits for it (W-97). */
function recallDuty(indexer: Pick<RecallIndexer, 'round'>, shared: Pick<KeeperOptions, 'leases' | 'clock' | 'log'>): KeeperDuty {
  const round = async (signal: AbortSignal) => void (await indexer.round(signal));
  return new KeeperDuty({ name: 'recall', periodMs: RECALL_PERIOD_MS, ...shared, round });
}

/** Nobody recalls in another session what was said a moment ago. */
const RECALL_PERIOD_MS = 1_000;
