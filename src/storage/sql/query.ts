/**
 * SQL as data, so that one text of the store's logic runs on a synchronous driver (SQLite, in one tick, hence
 * without anybody else's statement in between) and on asynchronous ones.
 */

/** One statement; `?` stands for a parameter in every dialect. */
export interface Query {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Longest wait for its answer. Default: the database's own; not for SQLite. */
  readonly limitMs?: number;
  /**
   * Names the statement with its parameters, of one that clients poll: its rows may be those of the last time while nothing was committed
   * since. Small rows only. Default: it is asked each time.
   */
  readonly polledAs?: string;
  /**
   * In a transaction: need not be answered before the program goes on, and so costs no round trip of its own. The rows that the program is
   * resumed with are there when the next query without this has been answered, where its failure shows too, or the transaction's end.
   * SQLite answers at once.
   */
  readonly isLate?: true;
}

export function late(query: Query): Query {
  return { ...query, isLate: true };
}

/** A statement of a migration: another process may be at it, and a large table takes its time. */
export function patient(sql: string, parameters: readonly unknown[] = []): Query {
  return { sql, parameters, limitMs: PATIENT_LIMIT_MS };
}

export const PATIENT_LIMIT_MS = 600_000;

/** A statement, or several of which the later ones depend on what the earlier found. */
export type MigrationStep = string | (() => Program<void>);

export type Row = Readonly<Record<string, unknown>>;

/** A transaction's work: yields queries, is resumed with their rows. A failed query is thrown into it. */
export type Program<T> = Generator<Query, T, readonly Row[]>;

/** Runs one query and types its rows. */
export function* rowsOf<R>(query: Query): Program<readonly R[]> {
  return (yield query) as readonly R[];
}

/** Runs queries in order; their rows, joined. */
export function* rowsOfAll<R>(queries: readonly Query[]): Program<readonly R[]> {
  if (queries.length === 1) return (yield queries[0] as Query) as readonly R[];
  const rows: R[] = [];
  for (const query of queries) rows.push(...((yield query) as readonly R[]));
  return rows;
}

export function runProgram<T>(program: Program<T>, execute: (query: Query) => readonly Row[]): T {
  let step = program.next();
  while (!step.done) {
    let rows: readonly Row[];
    try {
      rows = execute(step.value);
    } catch (error) {
      step = program.throw(error);
      continue;
    }
    step = program.next(rows);
  }
  return step.value;
}

/** @param execute runs queries in order, of which only the last is not late; their rows. @returns also what is left to run: all late. */
export async function runProgramAsync<T>(
  program: Program<T>,
  execute: (queries: readonly Query[]) => Promise<readonly (readonly Row[])[]>,
  first: readonly Query[] = [],
): Promise<{ readonly value: T; readonly left: readonly Query[] }> {
  let queries: Query[] = [...first];
  let answers: Row[][] = first.map(() => []);
  let step = program.next();
  while (!step.done) {
    const answer: Row[] = [];
    queries.push(step.value);
    answers.push(answer);
    if (step.value.isLate !== true) {
      const sent = { queries, answers };
      [queries, answers] = [[], []];
      try {
        for (const [index, rows] of (await execute(sent.queries)).entries()) sent.answers[index]?.push(...rows);
      } catch (error) {
        step = program.throw(error);
        continue;
      }
    }
    step = program.next(answer);
  }
  return { value: step.value, left: queries };
}
