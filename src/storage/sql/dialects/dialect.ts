/** What differs between databases, declared. The rest of this folder reads these members and never asks for a name. */
import type { Clock } from '../../../base/clock.js';
import type { DatabaseSettings } from '../../../config/settings.js';
import type { Logger } from '../../../observe/log.js';
import type { ColumnKind } from '../column-kind.js';
import type { MigrationStep, Program, Query, Row } from '../query.js';

export interface SqlDialect {
  readonly name: DatabaseSettings['driver'];
  readonly columnTypes: Readonly<Record<ColumnKind, string>>;
  /** Indexes are part of CREATE TABLE (there is no CREATE INDEX IF NOT EXISTS). */
  readonly inlineIndexes: boolean;
  readonly tableSuffix: string;
  /** Around the migrations, which one process at a time may run. */
  readonly migrationLock: MigrationLock;
  readonly catalogue: Catalogue;
  /** An UPDATE writes anew the indexes of every column that it names, though the value stays. */
  readonly rewritesNamedColumns: boolean;
  /** Group transactions that run side by side. */
  readonly concurrentGroups: number;
  /** How long a write waits for the one lock there is, where waiting for it is ours to do, milliseconds. */
  readonly lockWaitMs?: number;
  readonly rows: RowStatements;
  readonly wordIndex: WordIndex;
  readonly chunkWordIndex: ChunkWordIndex;
  open(settings: DatabaseSettings, context: OpenContext): Promise<Driver>;
}

export interface MigrationLock {
  /** Throws when the lock is not to be had in time. */
  acquire(): Program<void>;
  release(): Program<void>;
}

/**
 * Finds rows by the words of a column. Words are what `memory/recall/split-words.ts` makes of texts, so that no database splits, stems or
 * leaves out anything of its own: all find the same rows.
 */
export interface WordIndex {
  /** Makes the index over `recall_messages.words`; running it again does nothing. */
  readonly create: readonly MigrationStep[];
  /** Rows `m` that have the first word and one or more of the others, the best first as this database sees it. */
  search(columns: string, words: WordQuery): Query;
}

export interface WordQuery {
  readonly scopeWord: string;
  readonly words: readonly string[];
  /** Its rows are left out. */
  readonly exceptSession: string;
  readonly limit: number;
}

/** The full text of chunks: finds rows of `chunk_words`. All databases find the same ones, for the reason above. */
export interface ChunkWordIndex {
  /** Makes the index over `chunk_words.words`; running it again does nothing. */
  readonly create: readonly MigrationStep[];
  /** Rows `word`, `holders`: how many chunks of all stores have the word. Counting may end at `most`; a word that none has may be left out. */
  count(words: readonly string[], most: number): Query;
  /** Rows `m` of one store or collection with one of the words or more, the best first as this database sees it. */
  search(columns: string, words: ChunkWordQuery): Query;
}

export interface ChunkWordQuery {
  /** Stands before the words of each chunk that is asked for. */
  readonly scopeWord: string;
  /** The same as a column and its value. */
  readonly scopeColumn: 'store_key' | 'collection_key';
  readonly scopeKey: string;
  /** One or more, each with what it tells of a chunk. */
  readonly words: readonly { readonly word: string; readonly weight: number }[];
  /** Only chunks of these. Default: of all. */
  readonly documentKeys?: readonly string[] | undefined;
  readonly limit: number;
  /** Rows that have one word which are looked at, where looking costs this process or is not bounded otherwise. */
  readonly most: number;
}

/** Texts that find one row when the schema has the thing. Parameters: the table's name, then the thing's own. */
export interface Catalogue {
  readonly column: string;
  readonly index: string;
}

/** Columns that a statement names, in order. */
export interface RowShape {
  readonly table: string;
  readonly columns: Readonly<Record<string, ColumnKind>>;
}

/** Statements over many rows, in the form that costs the dialect least. Values stand in the shape's column order. */
export interface RowStatements {
  insert(shape: RowShape, rows: readonly (readonly unknown[])[]): readonly Query[];
  /** Passes over rows whose primary key is taken. */
  insertMissing(shape: RowShape, rows: readonly (readonly unknown[])[]): readonly Query[];
  /** Sets all columns but the first, which is the key. */
  update(shape: RowShape, rows: readonly (readonly unknown[])[]): readonly Query[];
  /** Rows whose first column is one of `keys`, locked in key order until the transaction ends if `lock`. */
  select(shape: RowShape, keys: readonly string[], options: { readonly lock: boolean }): readonly Query[];
  /** Deletes the rows whose `column` is one of `keys`. */
  remove(table: string, column: string, keys: readonly string[]): readonly Query[];
  /** For each key the first `limit` rows with `keyColumn` equal to it, by `orderColumn`. */
  selectFirst(shape: RowShape, keyColumn: string, orderColumn: string, keys: readonly FirstPerKey[]): readonly Query[];
  /** The rows of queries with the same columns: one statement where each costs a round trip. Where not, each sees a moment of its own. */
  union(queries: readonly Query[]): Query;
}

export interface FirstPerKey {
  readonly key: string;
  readonly limit: number;
}

export interface OpenContext {
  /** Key path of the settings, e.g. `databases.main`. */
  readonly keyPath: string;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface Driver {
  /** How messages name the database: never a password. */
  readonly label: string;
  /** One transaction; `program` is called anew for every try. `maxWaitMs`: at most `lockWaitMs` of the dialect, which is its default. */
  transact<T>(program: () => Program<T>, maxWaitMs?: number): Promise<T>;
  /** One reading statement outside any transaction. */
  read(query: Query): Promise<readonly Row[]>;
  connections(): ConnectionCounts;
  close(): Promise<void>;
}

export interface ConnectionCounts {
  readonly open: number;
  /** Of those: nobody uses them. */
  readonly idle: number;
}
