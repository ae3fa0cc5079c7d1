import type { Query, Row } from '../query.js';

/** What the driver offers to kysely's side of it. */
export interface SqliteSession {
  begin(): Promise<SqliteTransaction>;
  read(query: Query): Promise<readonly Row[]>;
  /** Resolves when what is committed is on the disk. */
  flush(): Promise<void>;
}

export interface SqliteTransaction {
  run(query: Query): SqliteResult;
  commit(): void;
  end(): void;
}

export interface SqliteResult {
  readonly rows: readonly Row[];
  readonly changes: number;
  readonly lastInsertRowid: number | bigint;
}
