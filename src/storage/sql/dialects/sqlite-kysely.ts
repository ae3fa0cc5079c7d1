import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { SqliteResult, SqliteSession, SqliteTransaction } from './sqlite-session.js';

/** Lets kysely speak through the driver's two connections, so that its transactions queue with everybody else's. */
export function createSqliteKyselyDialect(driver: SqliteSession): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new SqliteKyselyDriver(driver),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class SqliteKyselyDriver implements Driver {
  readonly #driver: SqliteSession;

  constructor(driver: SqliteSession) {
    this.#driver = driver;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteKyselyConnection> {
    return new SqliteKyselyConnection(this.#driver);
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof SqliteKyselyConnection) await connection.begin();
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof SqliteKyselyConnection) connection.end(true);
    await this.#driver.flush();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof SqliteKyselyConnection) connection.end(false);
  }

  async releaseConnection(): Promise<void> {}

  /** The database closes its connections itself. */
  async destroy(): Promise<void> {}
}

class SqliteKyselyConnection implements DatabaseConnection {
  readonly #driver: SqliteSession;
  #transaction: SqliteTransaction | undefined;

  constructor(driver: SqliteSession) {
    this.#driver = driver;
  }

  async begin(): Promise<void> {
    this.#transaction = await this.#driver.begin();
  }

  end(commit: boolean): void {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    try {
      if (commit) transaction?.commit();
    } finally {
      transaction?.end();
    }
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#transaction !== undefined) return toQueryResult(this.#transaction.run(query));
    if (SelectQueryNode.is(query.query)) return { rows: (await this.#driver.read(query)) as R[] };
    const transaction = await this.#driver.begin();
    let result: SqliteResult;
    try {
      result = transaction.run(query);
      transaction.commit();
    } finally {
      transaction.end();
    }
    await this.#driver.flush();
    return toQueryResult(result);
  }

  // biome-ignore lint/correctness/useYield: kysely's interface has it; nothing here streams.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming a query is not supported for SQLite; page through it');
  }
}

function toQueryResult<R>({ rows, changes, lastInsertRowid }: SqliteResult): QueryResult<R> {
  return { rows: rows as R[], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
}
