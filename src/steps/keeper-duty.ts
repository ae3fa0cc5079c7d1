/**
 * A periodic duty of the deployment, done by one keeper at a time: whoever holds its lease.
 *
 * Owns: the duty's lease `keeper.<name>`, its ticker, and that one round follows the other. Does not own: what a round does.
 * A keeper that dies loses the lease; another one goes on within the lease's time. Losing Redis loses the lease, and any
 * keeper resumes. So two rounds may overlap for a moment: whatever a round does must do no harm twice.
 */
import type { CancelTimer, Clock } from '../base/clock.js';
import { describeError } from '../base/errors.js';
import type { Logger } from '../observe/log.js';
import type { LeaseManager, TaskLease } from '../tasks/coordination.js';

export interface KeeperDutyOptions {
  readonly name: string;
  readonly periodMs: number;
  readonly leases: LeaseManager;
  readonly clock: Clock;
  readonly log: Logger;
  /** One round. `signal` aborts when this keeper closes or lost the duty to another one. */
  readonly round: (signal: AbortSignal) => Promise<void>;
}

export class KeeperDuty {
  readonly #options: KeeperDutyOptions;
  readonly #stopTimer: CancelTimer;
  readonly #closing = new AbortController();
  #lease: TaskLease | undefined;
  #underWay: Promise<void> | undefined;
  #failures = 0;

  constructor(options: KeeperDutyOptions) {
    this.#options = options;
    this.#stopTimer = options.clock.every(options.periodMs, () => {
      this.#underWay ??= this.#tick().finally(() => {
        this.#underWay = undefined;
      });
    });
  }

  /** Lets another keeper have the duty at once. Safe to call twice. */
  async close(): Promise<void> {
    this.#stopTimer();
    this.#closing.abort();
    await this.#underWay;
    await this.#lease?.release();
    this.#lease = undefined;
  }

  async #tick(): Promise<void> {
    const { name, log, round } = this.#options;
    try {
      const lease = await this.#findLease();
      if (lease !== undefined && !this.#closing.signal.aborted) await round(AbortSignal.any([this.#closing.signal, lease.lost]));
      if (this.#failures > 0) log.info({ duty: name }, 'the keeper does its duty again');
      this.#failures = 0;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#failures += 1;
      if (this.#failures === 1) log.warn({ duty: name, reason: describeError(error) }, 'a duty of the keeper fails; it is tried on and on');
    }
  }

  async #findLease(): Promise<TaskLease | undefined> {
    if (this.#lease !== undefined && !this.#lease.lost.aborted) return this.#lease;
    this.#lease = undefined;
    const outcome = await this.#options.leases.acquire(`keeper.${this.#options.name}`);
    if (outcome.type === 'acquired') this.#lease = outcome.lease;
    return this.#lease;
  }
}
