/** Transactions and reads over the pool of a database server. */
import type { Clock } from '../../../base/clock.js';
import { type Program, type Query, type Row, runProgramAsync } from '../query.js';
import type { ConnectionCounts, Driver } from './dialect.js';
import { retryTransaction } from './retry.js';

export interface ServerPool {
  readonly label: string;
  lend(): Promise<PooledConnection>;
  connections(): ConnectionCounts;
  close(): Promise<void>;
}

/** A connection in the hands of one user, who gives it back whatever happens. */
export interface PooledConnection {
  query(query: Query): Promise<readonly Row[]>;
  /** It is not to be used again: its state is unknown. */
  abandon(cause: unknown): void;
  giveBack(): void;
}

export interface ServerDriverOptions {
  readonly begin: string;
  /** Whether a transaction that failed so may succeed when tried again. */
  isRetryable(error: unknown): boolean;
  readonly clock: Clock;
}

export function createServerDriver(pool: ServerPool, { begin, isRetryable, clock }: ServerDriverOptions): Driver {
  return {
    label: pool.label,
    async read(query) {
      const connection = await pool.lend();
      try {
        return await connection.query(query);
      } finally {
        connection.giveBack();
      }
    },
    transact: (program) => retryTransaction(() => transactOnce(pool, begin, program), isRetryable, clock),
    connections: () => pool.connections(),
    close: () => pool.close(),
  };
}

async function transactOnce<T>(pool: ServerPool, begin: string, program: () => Program<T>): Promise<T> {
  const connection = await pool.lend();
  try {
    await connection.query({ sql: begin, parameters: [] });
    const result = await runProgramAsync(program(), (query) => connection.query(query));
    await connection.query({ sql: 'COMMIT', parameters: [] });
    return result;
  } catch (error) {
    await connection.query({ sql: 'ROLLBACK', parameters: [] }).catch((cause: unknown) => connection.abandon(cause));
    throw error;
  } finally {
    connection.giveBack();
  }
}
