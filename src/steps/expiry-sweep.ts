/**
 * The keeper's second duty: waits and held runs whose time is over end as FAILED, and the session's next run goes on (CHK-11).
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../observe/log.js';
import type { Meter } from '../observe/meter.js';
import type { FeedPublisher, LeaseManager } from '../tasks/coordination.js';
import { describeExpiry } from '../tasks/describe-expiry.js';
import type { RecoveryStore } from '../tasks/recovery-store.js';
import type { StepQueue } from '../tasks/step-queue.js';
import type { TaskRecord } from '../tasks/task-store.js';
import { KeeperDuty } from './keeper-duty.js';

export interface ExpirySweepOptions {
  readonly store: Pick<RecoveryStore, 'due' | 'expire'>;
  readonly leases: LeaseManager;
  readonly publisher: FeedPublisher;
  readonly queue: StepQueue;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Meter, 'count'>;
}

export class ExpirySweep {
  readonly #options: ExpirySweepOptions;
  readonly #duty: KeeperDuty;

  constructor(options: ExpirySweepOptions) {
    const { leases, clock, log } = options;
    this.#options = options;
    const round = (signal: AbortSignal) => this.#round(signal);
    this.#duty = new KeeperDuty({ name: 'expiry', periodMs: PERIOD_MS, leases, clock, log, round });
  }

  close(): Promise<void> {
    return this.#duty.close();
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    const at = clock.now();
    for (let batch = 0; batch < BATCHES && !signal.aborted; batch += 1) {
      const due = await store.due(at, BATCH);
      for (const task of due) await this.#expire(task, at);
      if (due.length < BATCH) return;
    }
  }

  async #expire(task: TaskRecord, at: number): Promise<void> {
    const { store, publisher, queue, log, metrics } = this.#options;
    const reason = describeExpiry(task);
    const outcome = await store.expire(task.id, reason, at);
    if (outcome.type === 'not-due') return;
    metrics.count('runs_expired_total', {});
    log.info({ taskId: task.id, contextId: task.contextId }, reason);
    await publisher.publishEvents(outcome.events);
    for (const next of [outcome.next, ...(outcome.wakes ?? [])]) if (next !== undefined) await queue.enqueue(next, task.id);
  }
}

const PERIOD_MS = 1_000;
const BATCH = 100;
/** Per round: the rest is a second's business. */
const BATCHES = 10;
