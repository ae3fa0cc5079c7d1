/**
 * Reads that clients poll, together: those that come within a turn of the event loop are made at its end in one read transaction, so that
 * they share the lock of the file and the look whether anything was committed, and their answers leave together.
 *
 * Owns: the reads of this turn; whoever is answered before it asks again bounds them. Does not own: the connection.
 * R1 The transaction begins when the last of them has been asked for and ends in the same tick: each sees all that was committed before it was asked.
 */
import type { Query, Row } from '../query.js';

interface Waiting {
  readonly query: Query;
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (error: unknown) => void;
}

export class TurnReads {
  readonly #run: (query: Query) => readonly Row[];
  readonly #read: (query: Query) => readonly Row[];
  #waiting: Waiting[] = [];

  /** `run` begins and ends what `read` reads in. */
  constructor(run: (query: Query) => readonly Row[], read: (query: Query) => readonly Row[]) {
    this.#run = run;
    this.#read = read;
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
      if (!isAlone) this.#run(BEGIN);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
      return;
    }
    for (const { query, resolve, reject } of waiting) {
      try {
        resolve(this.#read(query));
      } catch (error) {
        reject(error);
      }
    }
    if (!isAlone) this.#run(COMMIT);
  }
}

const BEGIN: Query = { sql: 'BEGIN', parameters: [] };
const COMMIT: Query = { sql: 'COMMIT', parameters: [] };
