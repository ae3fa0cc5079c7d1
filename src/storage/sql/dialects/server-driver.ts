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
  /** In order, together where the driver can: what follows one that fails is not run. Their rows. */
  run(queries: readonly Query[]): Promise<readonly (readonly Row[])[]>;
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
        const [rows = []] = await connection.run([query]);
        return rows;
      } finally {
        connection.giveBack();
      }
    },
    transact: (program) => retryTransaction(() => transactOnce(pool, begin, program), isRetryable, clock),
    connections: () => pool.connections(),
    close: () => pool.close(),
  };
}

/** BEGIN travels with the first question, COMMIT with the last writes. */
async function transactOnce<T>(pool: ServerPool, begin: string, program: () => Program<T>): Promise<T> {
  const connection = await pool.lend();
  try {
    const { value, left } = await runProgramAsync(program(), (queries) => connection.run(queries), [{ sql: begin, parameters: [] }]);
    await connection.run([...left, { sql: 'COMMIT', parameters: [] }]);
    return value;
  } catch (error) {
    await connection.run([{ sql: 'ROLLBACK', parameters: [] }]).catch((cause: unknown) => connection.abandon(cause));
    throw error;
  } finally {
    connection.giveBack();
  }
}
