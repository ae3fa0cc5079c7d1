/**
 * Rows of statements that clients ask for again and again, while nothing was committed: SQLite tells a connection by a number whether
 * any other one, of this process or another, has committed since it looked last.
 *
 * Owns: at most `MAX_KEPT` answers of at most `MAX_ROWS` rows each, all of the newest version. Does not own: the connection, which must never write itself.
 * P1 The number is read before the statement runs: rows may be newer than it says, never older, and then it has changed the next time.
 */
import type { Query, Row } from '../query.js';

export class PolledReads {
  readonly #run: (query: Query) => readonly Row[];
  readonly #kept = new Map<string, readonly Row[]>();
  #version: unknown;
  #isCompared = false;

  constructor(run: (query: Query) => readonly Row[]) {
    this.#run = run;
  }

  read(query: Query): readonly Row[] {
    const { polledAs } = query;
    if (polledAs === undefined) return this.#run(query);
    this.#compare();
    const known = this.#kept.get(polledAs);
    if (known !== undefined) return known;
    const rows = this.#run(query);
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    if (rows.length <= MAX_ROWS) this.#kept.set(polledAs, rows);
    return rows;
  }

  /** Once for what is asked together: until then nobody can have learned of a commit that this has not seen. */
  #compare(): void {
    if (this.#isCompared) return;
    this.#isCompared = true;
    queueMicrotask(() => {
      this.#isCompared = false;
    });
    const version = this.#run(VERSION)[0]?.['data_version'];
    if (version === this.#version) return;
    this.#kept.clear();
    this.#version = version;
  }
}

const VERSION: Query = { sql: 'PRAGMA data_version', parameters: [] };
const MAX_KEPT = 500;
const MAX_ROWS = 100;
