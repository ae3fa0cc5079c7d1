/**
 * Group commit: writes that arrive together share one transaction, each with its own outcome.
 *
 * Invariants:
 * - G1 A write is settled only after the transaction that holds it has committed or failed.
 * - G2 One member's failure fails that member alone: the group is rolled back and its members run one by one.
 * - G3 At most `maxGroup` members, `concurrentGroups` groups, `maxWaiting` waiting writes; beyond that DATABASE_BUSY.
 */
import { AppError } from '../../base/errors.js';

export interface GroupCommitOptions<Write> {
  /** Runs all in one transaction, or none; outcomes in the order of the writes. */
  readonly run: (writes: readonly Write[]) => Promise<readonly unknown[]>;
  readonly concurrentGroups: number;
  /** Default 64. */
  readonly maxGroup?: number;
  /** Default 10,000. */
  readonly maxWaiting?: number;
}

interface Waiting<Write> {
  readonly write: Write;
  readonly resolve: (outcome: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<Write> {
  readonly #options: Required<GroupCommitOptions<Write>>;
  #waiting: Waiting<Write>[] = [];
  #running = 0;
  #scheduled = false;

  constructor(options: GroupCommitOptions<Write>) {
    this.#options = { maxGroup: 64, maxWaiting: 10_000, ...options };
  }

  async submit(write: Write): Promise<unknown> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      throw new AppError('DATABASE_BUSY', {
        message: `${this.#options.maxWaiting} writes already wait for the database`,
        retryAfterMs: 1_000,
      });
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      this.#schedule();
    });
  }

  /** After the input that this turn of the event loop brings, so that requests read from many sockets meet. */
  #schedule(): void {
    if (this.#scheduled || this.#running >= this.#options.concurrentGroups || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const group = this.#waiting.splice(0, this.#options.maxGroup);
      this.#running += 1;
      void this.#runGroup(group).finally(() => {
        this.#running -= 1;
        this.#schedule();
      });
      this.#schedule();
    });
  }

  /** Settles every member; never rejects. */
  async #runGroup(group: readonly Waiting<Write>[]): Promise<void> {
    try {
      const outcomes = await this.#options.run(group.map((member) => member.write));
      for (const [index, member] of group.entries()) member.resolve(outcomes[index]);
    } catch (error) {
      // A database that is busy or away is so for every member: running them one by one would only hold up the queue.
      if (group.length === 1 || (error instanceof AppError && error.disposition === 'retry')) {
        for (const member of group) member.reject(error);
        return;
      }
      for (const member of group) await this.#runGroup([member]);
    }
  }
}
