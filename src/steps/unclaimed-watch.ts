/**
 * The oldest runnable run that nobody has, as SQL knows it: a job that was lost, and workers or a keeper that are not there, show
 * here even when Redis has nothing to say.
 *
 * Owns: since when the same run stands in front, by this process's own monotonic clock. Does not own: what is done about it.
 * Asked for by metrics and readiness as often as they like; SQL is asked once a second at most, and every few seconds by itself.
 */
import type { CancelTimer, Clock } from '../base/clock.js';
import { describeError } from '../base/errors.js';
import type { Logger } from '../observe/log.js';
import type { LeaseManager, ProgressMarks } from '../tasks/coordination.js';
import type { RecoveryStore } from '../tasks/recovery-store.js';
import type { TaskRecord } from '../tasks/task-store.js';

export interface UnclaimedWatchOptions {
  readonly store: Pick<RecoveryStore, 'oldestUnclaimed'>;
  readonly leases: Pick<LeaseManager, 'held'>;
  /** The sweep's lease: who holds it gives such a run its job. */
  readonly keeperLease: string;
  readonly progress: Pick<ProgressMarks, 'ageMs'>;
  /** `queue.stall_after_ms`. */
  readonly stallAfterMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export class UnclaimedWatch {
  readonly #options: UnclaimedWatchOptions;
  readonly #stopTimer: CancelTimer;
  #run: TaskRecord | undefined;
  #sinceMs = 0;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(options: UnclaimedWatchOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#stopTimer = clock.every(LOOK_MS, () => {
      this.#look().catch((error: unknown) => log.debug({ reason: describeError(error) }, 'which runs nobody has is not known'));
    });
  }

  /** Its age by the clocks of those who wrote it and of this process, milliseconds; 0 = there is none. @throws while SQL is away. */
  async ageMs(): Promise<number> {
    await this.#look();
    return this.#run === undefined ? 0 : Math.max(0, this.#options.clock.now() - this.#run.updatedAt);
  }

  /** Why new work would only wait, in words for whoever watches readiness; `undefined` = it would not. @throws while SQL is away. */
  async findStall(): Promise<string | undefined> {
    const { leases, keeperLease, progress, stallAfterMs, clock } = this.#options;
    await this.#look();
    const waitedMs = this.#run === undefined ? 0 : clock.monotonic() - this.#sinceMs;
    if (waitedMs <= stallAfterMs) return undefined;
    const [held, lastProgressMs = Number.POSITIVE_INFINITY] = await Promise.all([leases.held([keeperLease]), progress.ageMs()]);
    const what = `a run that nobody has waits for ${Math.round(waitedMs / 1_000)} s`;
    if (!held.has(keeperLease)) return `${what} and no keeper is on duty to give it a job (queue.stall_after_ms)`;
    // In a long queue that moves, its turn comes.
    return lastProgressMs > stallAfterMs ? `${what} and no worker takes any (queue.stall_after_ms)` : undefined;
  }

  close(): void {
    this.#stopTimer();
  }

  async #look(): Promise<void> {
    if (this.#options.clock.monotonic() - this.#readAtMs < MAX_AGE_MS) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { store, clock } = this.#options;
    const run = await store.oldestUnclaimed();
    this.#readAtMs = clock.monotonic();
    const isSame = run !== undefined && run.id === this.#run?.id && run.updatedAt === this.#run.updatedAt && run.epoch === this.#run.epoch;
    if (!isSame) this.#sinceMs = this.#readAtMs;
    this.#run = run;
  }
}

const MAX_AGE_MS = 1_000;
const LOOK_MS = 5_000;
