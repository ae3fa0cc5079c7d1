/**
 * SQLite through two connections: one writes, one reads.
 *
 * Invariants:
 * - S1 Whoever writes holds the write lock of this process; between processes BEGIN IMMEDIATE decides.
 * - S2 Nothing waits for a lock of SQLite inside a call: the busy timeout is 0, waiting happens on the clock.
 * - S3 A `Program` runs from BEGIN to COMMIT in one tick.
 * - S4 Reads never see an open transaction: they have a connection of their own, or (`:memory:`) wait for its end.
 * - S5 A commit is reported when it is on the disk; others may read it a moment before. After a failed flush nothing is written.
 */
import type Sqlite from 'better-sqlite3';
import type { Clock } from '../../../base/clock.js';
import { AppError, describeError } from '../../../base/errors.js';
import type { MaybePromise } from '../../../base/maybe-promise.js';
import { type Program, type Query, type Row, runProgram } from '../query.js';
import type { ConnectionCounts, Driver } from './dialect.js';
import { driverCode } from './driver-error.js';
import { PolledReads } from './polled-reads.js';
import { sqliteError } from './sqlite-error.js';
import { TurnReads } from './turn-reads.js';
import type { WalSync } from './wal-sync.js';
import { WriteLock } from './write-lock.js';

export interface SqliteDriverOptions {
  readonly writer: Sqlite.Database;
  /** The writer itself for `:memory:`. */
  readonly reader: Sqlite.Database;
  /** Undefined for `:memory:`. */
  readonly wal: WalSync | undefined;
  readonly label: string;
  readonly clock: Clock;
}

interface SqliteTransaction {
  run(query: Query): readonly Row[];
  commit(): void;
  end(): void;
}

export class SqliteDriver implements Driver {
  readonly label: string;
  readonly #writer: StatementCache;
  readonly #reader: StatementCache;
  /** Of the reader, where it is one of its own. */
  readonly #polled: TurnReads;
  readonly #wal: WalSync | undefined;
  readonly #lock = new WriteLock();
  readonly #clock: Clock;
  #closed = false;

  constructor({ writer, reader, wal, label, clock }: SqliteDriverOptions) {
    this.label = label;
    this.#clock = clock;
    this.#wal = wal;
    this.#writer = new StatementCache(writer);
    this.#reader = reader === writer ? this.#writer : new StatementCache(reader);
    const run = (query: Query) => this.#open(this.#reader).run(query);
    const polled = new PolledReads(run);
    this.#polled = new TurnReads({
      begin: () => void run(BEGIN_READING),
      read: (query) => polled.read(query),
      end: () => void (this.#reader.inTransaction && run(COMMIT)),
    });
  }

  async transact<T>(program: () => Program<T>, maxWaitMs = LOCK_WAIT_MS): Promise<T> {
    const transaction = await this.#begin(maxWaitMs);
    let result: T;
    try {
      result = runProgram(program(), (query) => transaction.run(query));
      transaction.commit();
    } catch (error) {
      throw sqliteError(error, this.label);
    } finally {
      transaction.end();
    }
    await this.#flush();
    return result;
  }

  /** S1, S2. The caller calls `end` whatever happens; without `commit` before it, nothing was written. */
  async #begin(maxWaitMs: number): Promise<SqliteTransaction> {
    // Counted from here: whoever waits behind others in this process waits for the same lock as they do.
    const deadlineMs = this.#clock.monotonic() + maxWaitMs;
    const release = await this.#lock.acquire();
    try {
      this.#assertSound();
      await retryWhileBusy(this.#clock, this.label, () => this.#open().run(BEGIN), deadlineMs);
    } catch (error) {
      release();
      throw error;
    }
    const writer = this.#writer;
    return {
      run: (query) => writer.run(query),
      commit: () => void writer.run(COMMIT),
      end: () => {
        try {
          if (writer.inTransaction) writer.run(ROLLBACK);
        } finally {
          release();
        }
      },
    };
  }

  /** S5: every commit waits for it before it is reported, after the write lock is free again. */
  async #flush(): Promise<void> {
    try {
      await this.#wal?.flush();
    } catch (cause) {
      this.#assertSound();
      throw new AppError('DATABASE_UNAVAILABLE', { cause, message: `${this.label}: the disk did not confirm a commit` });
    }
  }

  /** S5 */
  #assertSound(): void {
    const cause = this.#wal?.failure;
    if (cause === undefined) return;
    throw new AppError('DATABASE_UNAVAILABLE', {
      cause,
      message: `${this.label}: the disk failed to confirm a commit (${describeError(cause)}), so nothing more is written; see to the disk, then start this process again`,
    });
  }

  async read(query: Query): Promise<readonly Row[]> {
    if (this.#reader === this.#writer && this.#lock.isHeld) (await this.#lock.acquire())();
    return retryWhileBusy(this.#clock, this.label, () =>
      query.polledAs === undefined || this.#reader === this.#writer ? this.#open(this.#reader).run(query) : this.#polled.read(query),
    );
  }

  /** They are opened once; what is in use ends within the tick. */
  connections(): ConnectionCounts {
    const open = this.#closed ? 0 : this.#reader === this.#writer ? 1 : 2;
    return { open, idle: open };
  }

  async close(): Promise<void> {
    const release = await this.#lock.acquire();
    this.#closed = true;
    release();
    await this.#wal?.close();
    this.#reader.close();
    this.#writer.close();
  }

  #open(connection = this.#writer): StatementCache {
    if (this.#closed) throw new AppError('DATABASE_UNAVAILABLE', { message: `${this.label} is closed` });
    return connection;
  }
}

/** Prepared statements by their text; at the limit the oldest is dropped. */
class StatementCache {
  readonly #connection: Sqlite.Database;
  readonly #statements = new Map<string, Sqlite.Statement<unknown[], Row>>();

  constructor(connection: Sqlite.Database) {
    this.#connection = connection;
  }

  get inTransaction(): boolean {
    return this.#connection.inTransaction;
  }

  run({ sql, parameters }: Query): readonly Row[] {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(withLimitsUnread(sql));
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.delete(this.#statements.keys().next().value as string);
      this.#statements.set(sql, statement);
    }
    if (statement.reader) return statement.all(parameters as unknown[]);
    statement.run(parameters as unknown[]);
    return [];
  }

  close(): void {
    this.#connection.close();
  }
}

/**
 * SQLite plans a statement by the value of a bare `LIMIT ?`, and so anew whenever one is bound, which takes longer than most statements do.
 * Of an expression it asks nothing.
 */
function withLimitsUnread(sql: string): string {
  return sql.replaceAll('LIMIT ?', 'LIMIT +?');
}

/** S2: another process may hold a lock for as long as its transaction takes. */
export async function retryWhileBusy<T>(
  clock: Clock,
  label: string,
  attempt: () => MaybePromise<T>,
  deadlineMs = clock.monotonic() + LOCK_WAIT_MS,
): Promise<T> {
  for (;;) {
    try {
      const result = attempt();
      return result instanceof Promise ? await result : result;
    } catch (cause) {
      if (!driverCode(cause).startsWith('SQLITE_BUSY')) throw cause;
      if (clock.monotonic() >= deadlineMs) {
        throw new AppError('DATABASE_BUSY', {
          cause,
          retryAfterMs: 1_000,
          message: `${label} has been locked by another process for ${LOCK_WAIT_MS} ms`,
        });
      }
      await clock.sleep(1 + 4 * Math.random());
    }
  }
}

const BEGIN: Query = { sql: 'BEGIN IMMEDIATE', parameters: [] };
const BEGIN_READING: Query = { sql: 'BEGIN', parameters: [] };
const COMMIT: Query = { sql: 'COMMIT', parameters: [] };
const ROLLBACK: Query = { sql: 'ROLLBACK', parameters: [] };
/** Longest wait for a lock that another process holds. */
export const LOCK_WAIT_MS = 10_000;
const MAX_STATEMENTS = 500;
