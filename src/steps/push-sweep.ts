/**
 * The keeper's duty for webhooks: configs whose task has news, or whose next try is due, get a job again when Redis lost theirs or
 * nobody noted the news (P9). The queue drops a job for a config that has one.
 *
 * Owns: where the sweep is among the active configs.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../observe/log.js';
import type { LeaseManager } from '../tasks/coordination.js';
import type { PushConfigStore } from '../tasks/push-config-store.js';
import type { PushQueue, PushSignals } from '../tasks/push-marks.js';
import { KeeperDuty } from './keeper-duty.js';

export interface PushSweepOptions {
  readonly store: Pick<PushConfigStore, 'due'>;
  readonly queue: PushQueue;
  readonly signals: Pick<PushSignals, 'announce'>;
  readonly leases: LeaseManager;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default 1,000 ms. */
  readonly periodMs?: number;
}

export class PushSweep {
  readonly #options: PushSweepOptions;
  readonly #duty: KeeperDuty;
  #after: string | undefined;

  constructor(options: PushSweepOptions) {
    const { leases, clock, log, periodMs = PERIOD_MS } = options;
    this.#options = options;
    this.#duty = new KeeperDuty({ name: 'push', periodMs, leases, clock, log, round: (signal) => this.#round(signal) });
  }

  close(): Promise<void> {
    return this.#duty.close();
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { store, queue, signals, clock } = this.#options;
    for (let page = 0; page < PAGES && !signal.aborted; page++) {
      const { due, next } = await store.due(clock.now(), BATCH, this.#after);
      // Announced too: nobody noted their news, so some process does not know of them.
      await Promise.all(due.flatMap((mark) => [queue.enqueue(mark.key, true), signals.announce(mark)]));
      this.#after = next;
      if (next === undefined) return;
    }
  }
}

const PERIOD_MS = 1_000;
const BATCH = 500;
/** Per round: bounds its load with very many open webhooks. */
const PAGES = 10;
