/** Contract of a database that documents come from. Implemented by `storage/sql/readers`; it never writes. */
import type { DatabaseSettings } from '../../../config/settings.js';

export interface SqlReader {
  readonly driver: DatabaseSettings['driver'];
  /** A name that no text can break out of. */
  quote(name: string): string;
  /** Octets of a value, as an expression over an expression; NULL counts as 0. */
  bytesOf(expression: string): string;
  /** Goes into every condition: true, and where the database has no limit of its own, what ends a statement that takes too long. */
  readonly inTime: string;
  /** @throws what the driver says; an aborted signal ends the wait and closes the connection */
  read(statement: SqlStatement, signal: AbortSignal): Promise<readonly SqlRow[]>;
  close(): Promise<void>;
}

/** Text, and between it values that are bound: a question mark in somebody's text stands for itself. */
export type SqlStatement = readonly (string | BoundValue)[];

export interface BoundValue {
  readonly value: string | Uint8Array;
}

/** Times are text as the database writes them; whole numbers beyond what a number holds exactly are bigints or text. */
export type SqlValue = string | number | bigint | boolean | Uint8Array | null;

export type SqlRow = Readonly<Record<string, SqlValue>>;

/** @param name key in `databases`, for messages */
export type OpenSqlReader = (settings: DatabaseSettings, name: string) => Promise<SqlReader>;
