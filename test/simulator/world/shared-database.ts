/**
 * The one SQL database of the world: a real SQLite in memory, behind the product's own driver, seen by each process over a network
 * that delays, refuses, loses the acknowledgement and delivers what its sender has given up.
 */
import Sqlite from 'better-sqlite3';
import { systemClock } from '../../../src/base/clock.js';
import { AppError } from '../../../src/base/errors.js';
import type { Database } from '../../../src/storage/sql/database.js';
import { sqlite } from '../../../src/storage/sql/dialects/sqlite.js';
import { SqliteDriver } from '../../../src/storage/sql/dialects/sqlite-driver.js';
import { migrate } from '../../../src/storage/sql/migrate.js';
import type { Program, Query, Row } from '../../../src/storage/sql/query.js';
import { delayMs } from './network.js';
import type { SimulatedProcess } from './simulated-process.js';

/** What may go wrong with one statement or transaction; shares of all. */
export interface SqlFaults {
  refused: number;
  lostAcknowledgement: number;
}

export type CountFault = (name: 'sql-refused' | 'lost-acknowledgement' | 'late-transaction') => void;

export class SharedDatabase {
  readonly #connection: Sqlite.Database;
  readonly #real: Database;
  readonly #statements = new Map<string, Sqlite.Statement<unknown[], Row>>();

  private constructor(connection: Sqlite.Database, real: Database) {
    this.#connection = connection;
    this.#real = real;
  }

  static async open(): Promise<SharedDatabase> {
    const connection = new Sqlite(':memory:');
    const driver = new SqliteDriver({ writer: connection, reader: connection, wal: undefined, label: 'simulated', clock: systemClock });
    const real: Database = {
      dialect: sqlite,
      transact: (program) => driver.transact(program),
      read: (query) => driver.read(query),
      connections: () => ({ open: 1, idle: 1 }),
      close: () => driver.close(),
    };
    await migrate(real, { clock: systemClock, label: 'simulated' });
    return new SharedDatabase(connection, real);
  }

  /** Looks at once, behind everybody's back. */
  look<R>(sql: string, ...parameters: readonly unknown[]): readonly R[] {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement.all(...parameters) as readonly unknown[] as readonly R[];
  }

  /** For the next history. */
  clear(): void {
    // Not the tables behind full-text indexes, which nobody may write to; histories index nothing.
    const tables = this.look<{ name: string }>(
      `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'`,
    );
    for (const { name } of tables) if (name !== 'schema_migrations') this.#connection.exec(`DELETE FROM "${name}"`);
  }

  close(): Promise<void> {
    return this.#real.close();
  }

  /** The database as one process has it. `onCommitted` is called right after each transaction, before anybody else can see it. */
  viewOf(process: SimulatedProcess, faults: SqlFaults, concurrentGroups: number, count: CountFault, onCommitted: () => void): Database {
    const real = this.#real;
    const { scheduler } = process;

    const send = <T>(label: string, execute: () => Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        if (!process.maySend()) return;
        const luck = scheduler.random.next();
        const isRefused = luck < faults.refused;
        const isLost = !isRefused && luck < faults.refused + faults.lostAcknowledgement;
        let isGivenUp = false;
        const answer = (text: string, settle: () => void) => {
          scheduler.schedule(delayMs(process), settle, { owner: process, label: `${process.name} ← ${text}`, settles: true });
        };
        const unavailable = (message: string) => reject(new AppError('DATABASE_UNAVAILABLE', { message }));
        const arrive = () => {
          const cutOffMs = process.cutOffMs('sql');
          if (cutOffMs > 0) {
            if (!isGivenUp && cutOffMs > STATEMENT_TIMEOUT_MS) {
              isGivenUp = true;
              scheduler.schedule(STATEMENT_TIMEOUT_MS, () => unavailable('no answer'), {
                owner: process,
                label: `${process.name} gives up ${label}`,
                settles: true,
              });
            }
            scheduler.schedule(cutOffMs + delayMs(process), arrive, { settles: true });
            return;
          }
          if (isRefused) {
            count('sql-refused');
            answer(`refused ${label}`, () => unavailable('refused'));
            return;
          }
          scheduler.trace.add(scheduler.now, `${process.name} ⇒ ${label}`);
          if (isGivenUp) count('late-transaction');
          execute().then(
            (result) => {
              if (isGivenUp) return;
              if (isLost) count('lost-acknowledgement');
              answer(isLost ? `lost ${label}` : label, () => (isLost ? unavailable('connection lost') : resolve(result)));
            },
            (error: unknown) => answer(`error ${label}`, () => reject(error)),
          );
        };
        scheduler.schedule(delayMs(process), arrive, { settles: true });
      });

    return {
      dialect: { ...real.dialect, concurrentGroups },
      transact: <T>(program: () => Program<T>) =>
        send('transaction', async () => {
          const result = await real.transact(program);
          onCommitted();
          return result;
        }),
      read: (query: Query) => send('read', () => real.read(query)),
      connections: () => ({ open: 1, idle: 1 }),
      close: async () => {},
    };
  }
}

/** Shorter than the product's, so that histories stay short; what counts is that it may be executed afterwards. */
const STATEMENT_TIMEOUT_MS = 2_000;
