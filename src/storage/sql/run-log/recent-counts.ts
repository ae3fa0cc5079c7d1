/**
 * How many tasks there are, where that takes long to find out: a count is given out again for as long as keeps counting below a twentieth of the
 * time. Of a million tasks it may be a few seconds old; of less than `FEW` it is made each time.
 *
 * Owns: at most `MAX_KEPT` counts. Does not own: counting.
 */
import type { Clock } from '../../../base/clock.js';
import type { TaskListFilter } from '../../../tasks/task-list-store.js';

interface KeptCount {
  readonly count: Promise<number>;
  /** `undefined`: it is being made. */
  untilMs: number | undefined;
  /** There was one before: who asks meanwhile need not have one of their own. */
  readonly isShared: boolean;
}

export class RecentCounts {
  readonly #count: (filter: TaskListFilter) => Promise<number>;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #kept = new Map<string, KeptCount>();

  constructor(count: (filter: TaskListFilter) => Promise<number>, clock: Pick<Clock, 'monotonic'>) {
    this.#count = count;
    this.#clock = clock;
  }

  count(filter: TaskListFilter): Promise<number> {
    const { agent, owner, tenant, contextId, state, since } = filter;
    const key = JSON.stringify([agent, owner, tenant, contextId, state, since]);
    const known = this.#kept.get(key);
    const startedMs = this.#clock.monotonic();
    if (known !== undefined && (known.untilMs === undefined ? known.isShared : startedMs < known.untilMs)) return known.count;
    const made: KeptCount = { count: this.#count(filter), untilMs: undefined, isShared: known?.untilMs !== undefined };
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(key, made);
    const drop = () => {
      if (this.#kept.get(key) === made) this.#kept.delete(key);
    };
    made.count.then((count) => {
      const nowMs = this.#clock.monotonic();
      if (count < FEW) drop();
      else made.untilMs = nowMs + (nowMs - startedMs) * SHARE;
    }, drop);
    return made.count;
  }
}

const SHARE = 20;
const MAX_KEPT = 500;
const FEW = 10_000;
