/**
 * Reads that clients poll, together: those that come within a turn of the event loop are made at its end in one read transaction, so that
 * they share the lock of the file and the look whether anything was committed, and their answers leave together.
 *
 * Owns: the reads of this turn; whoever is answered before it asks again bounds them. Does not own: the connection.
 * R1 The transaction begins when the last of them has been asked for and ends in the same tick: each sees all that was committed before it was asked.
 */
import type { Query, Row } from '../query.js';

export interface TurnConnection {
  begin(): void;
  read(query: Query): readonly Row[];
  /** Of a transaction that a failure may have ended already. Never throws. */
  end(): void;
}

interface Waiting {
  readonly query: Query;
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (error: unknown) => void;
}

export class TurnReads {
  readonly #connection: TurnConnection;
  #waiting: Waiting[] = [];

  constructor(connection: TurnConnection) {
    this.#connection = connection;
  }

  read(query: Query): Promise<readonly Row[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ query, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#readAll());
    });
  }

  #readAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const isAlone = waiting.length === 1;
    try {
      if (!isAlone) this.#connection.begin();
    } catch (error) {
      for (const { reject } of waiting) reject(error);
      return;
    }
    for (const { query, resolve, reject } of waiting) {
      try {
        resolve(this.#connection.read(query));
      } catch (error) {
        reject(error);
      }
    }
    if (!isAlone) this.#connection.end();
  }
}
