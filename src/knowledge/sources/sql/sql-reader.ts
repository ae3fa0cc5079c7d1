/** Contract of a database that documents come from. Implemented by `storage/sql`; it never writes. */
export interface SqlReader {
  readonly driver: 'sqlite' | 'postgres' | 'mysql';
  /** A name that no text can break out of. */
  quote(name: string): string;
  /** Octets of a value, as an expression over an expression; NULL counts as 0. */
  bytesOf(expression: string): string;
  /** `?` stands for a parameter. Rows come as `SqlValue`s. */
  read(sql: string, parameters: readonly SqlValue[], signal: AbortSignal): Promise<readonly SqlRow[]>;
  close(): Promise<void>;
}

/** Times are text as the database writes them; whole numbers beyond what a number holds exactly are bigints. */
export type SqlValue = string | number | bigint | boolean | Uint8Array | null;

export type SqlRow = Readonly<Record<string, SqlValue>>;

/** @param database key in `databases` */
export type OpenSqlReader = (database: string) => Promise<SqlReader>;
