import type { Connection, Submittable } from 'pg';
import type { Row } from '../query.js';
import { toParameter } from './postgres-parameter.js';

export interface BatchStatement {
  /** Under which the server keeps it parsed; one text has one name. '' = not kept. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

export type BatchRows = readonly (readonly Row[])[];

/** What the server says of a kept statement's columns, which its text fixes: it is asked once. */
export interface Columns {
  readonly names: readonly string[];
  readonly parsers: readonly ColumnParser[];
}

export type ColumnParser = (text: string) => unknown;

export interface BatchOptions {
  parserOf(type: number): ColumnParser;
  /** By the statement's name; batches fill it. */
  readonly columns: Map<string, Columns>;
}

/**
 * Statements that travel together and are answered together, for `client.query` of pg, which hands it the answers as they come.
 *
 * Invariant: there is one Sync, behind the last. The server passes over all that follows a failed statement, so a COMMIT at the end commits
 * what all before it wrote, or nothing.
 */
export class PostgresBatch implements Submittable {
  readonly rows: Promise<BatchRows>;
  /** pg sets its time limit around it. */
  callback!: (error: unknown, rows?: BatchRows) => void;
  readonly #statements: readonly BatchStatement[];
  readonly #options: BatchOptions;
  readonly #rows: Row[][];
  /** The statement whose answer comes in, and its columns. */
  #index = 0;
  #columns: Columns | undefined;
  #failure: Error | undefined;

  constructor(statements: readonly BatchStatement[], options: BatchOptions) {
    this.#statements = statements;
    this.#options = options;
    this.#rows = statements.map(() => []);
    this.rows = new Promise((resolve, reject) => {
      this.callback = (error, rows) => (rows === undefined ? reject(error) : resolve(rows));
    });
  }

  /** With `text`: what pg notes as parsed on this connection when the server says so. */
  get name(): string {
    return this.#statements[this.#index]?.name ?? '';
  }

  get text(): string {
    return this.#statements[this.#index]?.text ?? '';
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire;
    const parsedHere = new Set<string>();
    wire.stream.cork();
    try {
      for (const { name, text, values } of this.#statements) {
        if (name === '' || (wire.parsedStatements[name] === undefined && !parsedHere.has(name))) wire.parse({ name, text });
        parsedHere.add(name);
        wire.bind({ statement: name, values: values.map(toParameter) });
        if (!this.#options.columns.has(name)) wire.describe({ type: 'P' });
        wire.execute();
      }
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  handleRowDescription({ fields }: { readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[] }): void {
    this.#columns = { names: fields.map(({ name }) => name), parsers: fields.map(({ dataTypeID }) => this.#options.parserOf(dataTypeID)) };
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const columns = this.#columns ?? this.#options.columns.get(this.name);
    if (columns === undefined) {
      this.#failure ??= new Error(`a row came without its columns: ${this.text}`);
      return;
    }
    const row: Record<string, unknown> = {};
    for (let index = 0; index < fields.length; index++) {
      const value = fields[index] as string | null;
      row[columns.names[index] as string] = value === null ? null : columns.parsers[index]?.(value);
    }
    this.#rows[this.#index]?.push(row);
  }

  handleCommandComplete({ text: tag }: { readonly text: string }): void {
    const { name, text } = this.#statements[this.#index] as BatchStatement;
    // A transaction in which something failed answers COMMIT with ROLLBACK, and with no error.
    if (text === 'COMMIT' && tag !== 'COMMIT') this.#failure ??= new Error(`COMMIT was answered with ${tag}`);
    if (name !== '' && !this.#options.columns.has(name)) this.#options.columns.set(name, this.#columns ?? NO_COLUMNS);
    this.#columns = undefined;
    this.#index += 1;
  }

  handleReadyForQuery(): void {
    if (this.#failure !== undefined) this.callback(this.#failure);
    else this.callback(null, this.#rows);
  }

  handleError(error: unknown): void {
    this.callback(error);
  }
}

/** Of pg's connection, what its own queries use. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  parse(statement: { name: string; text: string }): void;
  bind(values: { statement: string; values: readonly (string | Buffer | null)[] }): void;
  describe(portal: { type: 'P' }): void;
  execute(): void;
  sync(): void;
}

const NO_COLUMNS: Columns = { names: [], parsers: [] };
