/**
 * Group commit: writes that arrive together share one transaction, each with its own outcome.
 *
 * Invariants:
 * - G1 A write is settled only after the transaction that holds it has committed or failed.
 * - G2 One member's failure fails that member alone: the group is rolled back and its members run one by one.
 * - G3 At most `maxGroup` members, `concurrentGroups` groups, `maxWaiting` waiting writes; beyond that DATABASE_BUSY.
 * - G4 Where the database lets us wait for its lock, a write waits `waitLimitMs` for it, counted from when it was submitted: one that
 *   was not in the group that gave up, or came late to it, goes on waiting for what is left of its own time.
 */
import type { Clock } from '../../base/clock.js';
import { AppError, hasCode } from '../../base/errors.js';
import { Roll, type RollMember } from '../../base/roll.js';
import { bindScope } from '../../base/scope.js';

export interface GroupCommitOptions<Write> {
  /** Runs all in one transaction, or none; outcomes in the order of the writes. `maxWaitMs`: what is left for its first lock (G4). */
  readonly run: (writes: readonly Write[], maxWaitMs: number | undefined) => Promise<readonly unknown[]>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly concurrentGroups: number;
  /** Default 64. */
  readonly maxGroup?: number;
  /** Default 10,000. */
  readonly maxWaiting?: number;
  /** G4. Default: the database keeps its own time. */
  readonly waitLimitMs?: number | undefined;
}

interface Waiting<Write> extends RollMember {
  readonly write: Write;
  readonly submittedMs: number;
  readonly resolve: (outcome: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<Write> {
  readonly #options: GroupCommitOptions<Write> & { readonly maxGroup: number; readonly maxWaiting: number };
  /** Submitted and not settled. */
  readonly #unsettled = new Roll<Waiting<Write>>();
  /** When a write was last refused as busy, unless one got through since. */
  #refusedAtMs: number | undefined;
  #waiting: Waiting<Write>[] = [];
  #running = 0;
  #scheduled = false;

  constructor(options: GroupCommitOptions<Write>) {
    this.#options = { maxGroup: 64, maxWaiting: 10_000, ...options };
  }

  /** How long writes have got nowhere, milliseconds; 0 = they get through, as far as anybody tried of late. */
  stallMs(): number {
    const { clock, waitLimitMs = 0 } = this.#options;
    const nowMs = clock.monotonic();
    const waitedMs = this.#unsettled.list().reduce((longestMs, { submittedMs }) => Math.max(longestMs, nowMs - submittedMs), 0);
    // Between two tries of clients nothing waits, and the lock is held all the same.
    const isRefusing = this.#refusedAtMs !== undefined && nowMs - this.#refusedAtMs < waitLimitMs;
    return isRefusing ? Math.max(waitedMs, waitLimitMs) : waitedMs;
  }

  async submit(write: Write): Promise<unknown> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      throw new AppError('DATABASE_BUSY', {
        message: `${this.#options.maxWaiting} writes already wait for the database`,
        retryAfterMs: 1_000,
      });
    }
    return new Promise((resolve, reject) => {
      const member: Waiting<Write> = { place: 0, write, submittedMs: this.#options.clock.monotonic(), resolve, reject };
      this.#unsettled.add(member);
      this.#waiting.push(member);
      this.#schedule();
    });
  }

  /** After the input that this turn of the event loop brings, so that requests read from many sockets meet. */
  #schedule(): void {
    if (this.#scheduled || this.#running >= this.#options.concurrentGroups || this.#waiting.length === 0) return;
    this.#scheduled = true;
    const runNext = () => {
      this.#scheduled = false;
      const group = this.#waiting.splice(0, this.#options.maxGroup);
      this.#running += 1;
      void this.#runGroup(group).finally(() => {
        this.#running -= 1;
        this.#schedule();
      });
      this.#schedule();
    };
    // The span of the write stands below one of the runs that share it.
    setImmediate(bindScope(runNext));
  }

  /** Settles every member, or puts it back to wait on; never rejects. */
  async #runGroup(group: readonly Waiting<Write>[]): Promise<void> {
    const dueMs = this.#dueMs(group);
    try {
      const maxWaitMs = dueMs === undefined ? undefined : Math.max(0, dueMs - this.#options.clock.monotonic());
      const outcomes = await this.#options.run(
        group.map((member) => member.write),
        maxWaitMs,
      );
      this.#refusedAtMs = undefined;
      for (const [index, member] of group.entries()) {
        this.#unsettled.delete(member);
        member.resolve(outcomes[index]);
      }
    } catch (error) {
      if (dueMs !== undefined && hasCode(error, 'DATABASE_BUSY')) {
        this.#giveUp(group, dueMs, error);
        return;
      }
      // A database that is busy or away is so for every member: running them one by one would only hold up the queue.
      if (group.length === 1 || (error instanceof AppError && error.disposition === 'retry')) {
        this.#reject(group, error);
        return;
      }
      for (const member of group) await this.#runGroup([member]);
    }
  }

  /** G4: when the oldest member's time is up. */
  #dueMs([first]: readonly Waiting<Write>[]): number | undefined {
    const { waitLimitMs } = this.#options;
    return first === undefined || waitLimitMs === undefined ? undefined : first.submittedMs + waitLimitMs;
  }

  /** G4: whose time is up is refused. When it is nobody's, the database is busy in another way than by its lock: all are. */
  #giveUp(group: readonly Waiting<Write>[], dueMs: number, error: unknown): void {
    const { clock, waitLimitMs = 0 } = this.#options;
    const nowMs = clock.monotonic();
    this.#refusedAtMs = nowMs;
    const isDue = ({ submittedMs }: Waiting<Write>) => nowMs < dueMs || submittedMs + waitLimitMs <= nowMs;
    this.#waiting.unshift(...group.filter((member) => !isDue(member)));
    this.#reject(group.filter(isDue), error);
  }

  #reject(members: readonly Waiting<Write>[], error: unknown): void {
    for (const member of members) {
      this.#unsettled.delete(member);
      member.reject(error);
    }
  }
}
