/**
 * Windows of all processes in a database: they outlive Redis, and cost a transaction for each request that is counted. What has ended is
 * removed a thousand at a time, once a minute by each process that counts.
 *
 * Windows end by the clock of whoever asks: clocks of machines that differ by a second end them a second apart.
 */
import type { RateWindows, TakeOutcome, WindowState, WindowTake } from '../../access/rate-windows.js';
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import type { Database } from './database.js';
import type { RowShape } from './dialects/dialect.js';
import { type Program, rowsOfAll } from './query.js';

export class SqlRateWindows implements RateWindows {
  readonly #database: Database;
  readonly #clock: Pick<Clock, 'now'>;
  #cleanedAt = 0;

  constructor(database: Database, clock: Pick<Clock, 'now'>) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @throws AppError `ACCESS_LIMITS_UNAVAILABLE`: what is done then, `rate_limiting.on_failure` says. */
  take(takes: readonly WindowTake[]): Promise<TakeOutcome> {
    return this.#count(function* (program) {
      const windows = yield* program.lock(takes);
      const isTaken = takes.every(({ cost, limit }, index) => (windows[index] as Window).used + Math.max(1, cost) <= limit);
      if (isTaken) yield* program.add(takes, windows);
      const states = takes.map(({ cost }, index): WindowState => {
        const { used, resetMs } = windows[index] as Window;
        return { used: used + (isTaken ? cost : 0), resetMs };
      });
      return { isTaken, windows: states };
    });
  }

  async spend(spends: readonly Omit<WindowTake, 'limit'>[]): Promise<void> {
    await this.#count(function* (program) {
      yield* program.add(spends, yield* program.lock(spends));
    });
  }

  async #count<T>(run: (program: Counting) => Program<T>): Promise<T> {
    const now = this.#clock.now();
    try {
      const result = await this.#database.transact(() => run(new Counting(this.#database, now)));
      await this.#clean(now);
      return result;
    } catch (cause) {
      // No failure of the run log's: it may well be in another database.
      throw new AppError('ACCESS_LIMITS_UNAVAILABLE', { cause, retryAfterMs: 1_000 });
    }
  }

  async #clean(now: number): Promise<void> {
    if (now - this.#cleanedAt < CLEAN_EVERY_MS) return;
    this.#cleanedAt = now;
    const { dialect } = this.#database;
    const ended = await this.#database.read({ sql: ENDED, parameters: [now - KEPT_MS] });
    const keys = ended.map((row) => String(row['window_key'])).sort();
    if (keys.length > 0)
      await this.#database.transact(function* () {
        for (const query of dialect.rows.remove(SHAPE.table, 'window_key', keys)) yield query;
      });
  }
}

interface Window extends WindowState {
  readonly endsAt: number;
}

interface WindowRow {
  readonly window_key: string;
  readonly used: number;
  readonly ends_at: number;
}

/** The statements of one transaction. Rows are taken in the order of their keys, so that nobody waits in a circle. */
class Counting {
  readonly #rows: Database['dialect']['rows'];
  readonly #now: number;

  constructor({ dialect }: Database, now: number) {
    this.#rows = dialect.rows;
    this.#now = now;
  }

  /** A row that is there can be locked, so whoever may count makes sure of it. */
  *lock(takes: readonly Omit<WindowTake, 'limit'>[]): Program<readonly Window[]> {
    const keys = takes.map(({ key }) => key).sort();
    const counted = takes.filter(({ cost }) => cost > 0).map(({ key }) => key);
    const known = new Map(
      (yield* rowsOfAll<WindowRow>(this.#rows.select(SHAPE, keys, { lock: true }))).map((row) => [row.window_key, row]),
    );
    const missing = counted.filter((key) => !known.has(key)).sort();
    if (missing.length > 0) {
      for (const query of this.#rows.insertMissing(
        SHAPE,
        missing.map((key) => [key, 0, 0]),
      ))
        yield query;
      // Somebody else may have been first, and counted.
      for (const row of yield* rowsOfAll<WindowRow>(this.#rows.select(SHAPE, missing, { lock: true }))) known.set(row.window_key, row);
    }
    return takes.map(({ key, windowMs }) => this.#read(known.get(key), windowMs));
  }

  *add(takes: readonly Omit<WindowTake, 'limit'>[], windows: readonly Window[]): Program<void> {
    const changed = takes
      .map(({ key, cost }, index) => ({ key, cost, window: windows[index] as Window }))
      .filter(({ cost }) => cost > 0)
      .map(({ key, cost, window: { used, endsAt } }) => [key, used + cost, endsAt] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    if (changed.length > 0) for (const query of this.#rows.update(SHAPE, changed)) yield query;
  }

  #read(row: WindowRow | undefined, windowMs: number): Window {
    const endsAt = Number(row?.ends_at ?? 0);
    // One that ends later than a whole window from now is of a clock that has been set back.
    if (row === undefined || endsAt <= this.#now) return { used: 0, resetMs: windowMs, endsAt: this.#now + windowMs };
    return { used: Number(row.used), resetMs: Math.min(windowMs, endsAt - this.#now), endsAt };
  }
}

const SHAPE = {
  table: 'rate_windows',
  columns: { window_key: 'key', used: 'integer', ends_at: 'integer' },
} as const satisfies RowShape;
const ENDED = 'SELECT window_key FROM rate_windows WHERE ends_at < ? ORDER BY ends_at LIMIT 1000';
const CLEAN_EVERY_MS = 60_000;
/** Rows that are about to begin anew are left to whoever does that. */
const KEPT_MS = 60_000;
