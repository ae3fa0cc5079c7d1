/**
 * Which runs did not change between two looks, by this process's own monotonic clock: clocks of different machines are never compared.
 *
 * Owns: what the looks saw, at most `maxSeen` runs. Beyond that a run counts as idle at its first look: who looks at so long a
 * backlog does harmless work rather than to miss a run.
 */
import type { Clock } from '../base/clock.js';
import type { TaskRecord } from '../tasks/task-store.js';

export interface IdleRunsOptions {
  /** Time between two looks at a run after which it is idle, milliseconds. */
  readonly idleMs: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Default 20,000. */
  readonly maxSeen?: number;
}

interface Sighting {
  readonly updatedAt: number;
  readonly epoch: number;
  readonly sinceMs: number;
  pass: number;
}

export class IdleRuns {
  readonly #options: Required<IdleRunsOptions>;
  readonly #seen = new Map<string, Sighting>();
  #pass = 0;

  constructor(options: IdleRunsOptions) {
    this.#options = { maxSeen: 20_000, ...options };
  }

  /** Those of `runs` that are as they were at a look at least `idleMs` ago. */
  look(runs: readonly TaskRecord[]): readonly TaskRecord[] {
    const nowMs = this.#options.clock.monotonic();
    return runs.filter((run) => this.#isIdle(run, nowMs));
  }

  /** The looks have come to the end of the backlog: runs that they did not meet are forgotten. */
  endPass(): void {
    for (const [id, { pass }] of this.#seen) if (pass !== this.#pass) this.#seen.delete(id);
    this.#pass += 1;
  }

  #isIdle({ id, updatedAt, epoch }: TaskRecord, nowMs: number): boolean {
    const known = this.#seen.get(id);
    if (known !== undefined && known.updatedAt === updatedAt && known.epoch === epoch) {
      known.pass = this.#pass;
      return nowMs - known.sinceMs >= this.#options.idleMs;
    }
    if (known === undefined && this.#seen.size >= this.#options.maxSeen) return true;
    this.#seen.set(id, { updatedAt, epoch, sinceMs: nowMs, pass: this.#pass });
    return false;
  }
}
