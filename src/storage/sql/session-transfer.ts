/**
 * Moves what sessions hold from the database of the run log to one of their own (SES-10).
 *
 * Owns: the way of the rows of `session_messages` and `rolled_back_runs` from one to the other. Does not own: writing them, which
 * the run log does in its own transactions, so that the tasks database alone decides what was said.
 * - X1 A row is inserted there, and that is on the disk, before it is deleted here. A death in between leaves it in both.
 * - X2 Inserting passes over what is there: any number of processes may move the same row at any time.
 * - X3 That a run has left its session moves behind the last message of that run: a message that is here finds it here.
 * - X4 A move holds at most `BATCH` rows, and about `BATCH_CHARACTERS` of text unless one row is larger.
 * - X5 A row that the sessions database refuses stays here, is tried again by every tick, and holds up no other.
 * - X6 What retention deletes is not put there again: sessions it is about to clear are passed over, and a move that finds its rows
 *   gone when it has inserted them has them cleared once more. (A death in just that moment leaves rows there that nobody reads.)
 */
import { backoffMs } from '../../base/backoff.js';
import type { CancelTimer, Clock } from '../../base/clock.js';
import { describeError, toAppError } from '../../base/errors.js';
import { faultPoint } from '../../base/fault-points.js';
import type { Logger } from '../../observe/log.js';
import type { RowShape } from './dialects/dialect.js';
import { rowsOf } from './query.js';
import { LEFTOVER } from './run-log/leftovers.js';
import { ROLLED_BACK_RUN, SESSION_MESSAGE } from './run-log/rows.js';
import type { RolledBackRunTable, SessionMessageTable, SessionTable } from './schema.js';
import type { SeparateDatabases } from './session-transfer-reads.js';

export interface SessionTransferOptions extends SeparateDatabases {
  readonly clock: Clock;
  readonly log: Logger;
}

export class SessionTransfer {
  readonly #options: SessionTransferOptions;
  /** Sessions that this process wrote to since it last moved; at the limit the rest is left to the keeper. */
  readonly #written = new Set<string>();
  #cancelTimer: CancelTimer | undefined;
  #moving: Promise<void> | undefined;
  #failures = 0;
  #isClosed = false;

  constructor(options: SessionTransferOptions) {
    this.#options = options;
  }

  /** The run log has committed to this session: its messages are moved soon. */
  wrote(sessionKey: string): void {
    if (this.#isClosed || this.#written.size >= MAX_WRITTEN) return;
    this.#written.add(sessionKey);
    this.#schedule(SOON_MS);
  }

  /** The keeper's part: what processes that died, or found the sessions database away, have left behind. */
  async tick(signal?: AbortSignal): Promise<void> {
    let after = BEFORE_ALL;
    for (let batch = 0; batch < BATCHES_PER_TICK && !this.#isClosed && !signal?.aborted; batch++) {
      const last = await this.#moveMessages(OLDEST, [], after);
      if (last === undefined) break;
      after = last;
    }
    if (!this.#isClosed && !signal?.aborted) await this.#moveRolledBack();
  }

  /** Finishes the move under way; what is left belongs to the keeper. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    await this.#moving;
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed || this.#cancelTimer !== undefined || this.#moving !== undefined) return;
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      this.#moving = this.#moveWritten().finally(() => {
        this.#moving = undefined;
        if (this.#written.size > 0) this.#schedule(this.#failures === 0 ? SOON_MS : backoffMs(this.#failures, RETRY));
      });
    });
  }

  /** Never rejects. */
  async #moveWritten(): Promise<void> {
    const { log } = this.#options;
    const sessionKeys = [...this.#written].slice(0, SESSIONS_PER_MOVE);
    for (const key of sessionKeys) this.#written.delete(key);
    try {
      let after: Place | undefined = BEFORE_ALL;
      while (!this.#isClosed && after !== undefined) after = await this.#moveMessages(oldestOf(sessionKeys.length), sessionKeys, after);
      await this.#moveRolledBack();
      if (this.#failures > 0) log.info('the sessions database takes messages again');
      this.#failures = 0;
    } catch (error) {
      for (const key of sessionKeys) this.#written.add(key);
      this.#failures += 1;
      if (this.#failures > 1) return;
      log.warn({ reason: describeError(error) }, 'session messages wait in the tasks database until the sessions database takes them');
    }
  }

  /** @returns the last place that was looked at, when there may be more behind it. */
  async #moveMessages(sql: string, parameters: readonly unknown[], after: Place): Promise<Place | undefined> {
    const { runs } = this.#options;
    const behind = [after.session_id, after.session_id, after.turn, after.turn, after.position, BATCH];
    const found = (await runs.read({ sql, parameters: [...parameters, ...behind] })) as readonly unknown[] as readonly Found[];
    const places = fitting(found);
    const last = places.at(-1);
    if (last === undefined) return undefined;
    const where = places.map(() => '(session_id = ? AND turn = ? AND position = ?)').join(' OR ');
    const keys = places.flatMap(({ session_id, turn, position }) => [session_id, turn, position]);
    const rows = (await runs.read({ sql: `${MESSAGES} WHERE ${where}`, parameters: keys })) as readonly unknown[] as SessionMessageTable[];
    const values = rows.map((row) => [row.session_id, row.turn, row.position, row.task_id, row.body]);
    const inserted = await this.#insertTolerant(values);
    await faultPoint('session-transfer.after-insert');
    await this.#deleteMessages(inserted);
    return found.length === BATCH || places.length < found.length ? last : undefined;
  }

  /** X3 */
  async #moveRolledBack(): Promise<void> {
    const found = await this.#options.runs.read({ sql: ROLLED_BACK, parameters: [BATCH] });
    if (found.length === 0) return;
    const values = (found as readonly unknown[] as readonly RolledBackRunTable[]).map((row) => [row.session_id, row.task_id]);
    await this.#insertThere(ROLLED_BACK_RUN, values);
    const where = values.map(() => '(session_id = ? AND task_id = ?)').join(' OR ');
    await this.#deleteHere(`DELETE FROM rolled_back_runs WHERE ${where}`, values.flat());
  }

  /** X5. @returns what is there now. @throws when the sessions database is away, which is no matter of one row. */
  async #insertTolerant(values: readonly (readonly unknown[])[]): Promise<readonly (readonly unknown[])[]> {
    try {
      await this.#insertThere(SESSION_MESSAGE, values);
      return values;
    } catch (error) {
      if (toAppError(error).disposition === 'retry') throw error;
      if (values.length > 1) {
        const inserted = [];
        for (const value of values) inserted.push(...(await this.#insertTolerant([value])));
        return inserted;
      }
      const [sessionId, turn, position] = values[0] ?? [];
      this.#options.log.warn(
        { sessionId, turn, position, reason: describeError(error) },
        'the sessions database refuses a message; it stays in the tasks database and is tried again',
      );
      return [];
    }
  }

  /** X6 */
  async #deleteMessages(values: readonly (readonly unknown[])[]): Promise<void> {
    if (values.length === 0) return;
    const { runs } = this.#options;
    const where = values.map(() => '(session_id = ? AND turn = ? AND position = ?)').join(' OR ');
    const parameters = values.flatMap((value) => value.slice(0, 3));
    await runs.transact(function* () {
      const rest = yield* rowsOf<Place>({ sql: `SELECT session_id, turn, position FROM session_messages WHERE ${where}`, parameters });
      yield { sql: `DELETE FROM session_messages WHERE ${where}`, parameters };
      if (rest.length === values.length) return;
      // Another process moved them, or retention deleted them with their session.
      const ids = [...new Set(values.map(([sessionId]) => String(sessionId)))];
      const marks = ids.map(() => '?').join(', ');
      const kept = yield* rowsOf<Pick<SessionTable, 'session_id'>>({
        sql: `SELECT session_id FROM sessions WHERE session_id IN (${marks})`,
        parameters: ids,
      });
      const gone = ids.filter((id) => !kept.some((session) => session.session_id === id));
      if (gone.length === 0) return;
      for (const query of runs.dialect.rows.insertMissing(
        LEFTOVER,
        gone.map((id) => [id, 'session']),
      ))
        yield query;
    });
  }

  /** X2 */
  async #insertThere(shape: RowShape, rows: readonly (readonly unknown[])[]): Promise<void> {
    const { sessions } = this.#options;
    const queries = sessions.dialect.rows.insertMissing(shape, rows);
    await sessions.transact(function* () {
      for (const query of queries) yield query;
    });
  }

  async #deleteHere(sql: string, parameters: readonly unknown[]): Promise<void> {
    await this.#options.runs.transact(function* () {
      yield { sql, parameters };
    });
  }
}

type Place = Pick<SessionMessageTable, 'session_id' | 'turn' | 'position'>;

interface Found extends Place {
  readonly characters: number;
}

/** X4 */
function fitting(found: readonly Found[]): readonly Found[] {
  let characters = 0;
  const end = found.findIndex((row) => {
    characters += Number(row.characters);
    return characters > BATCH_CHARACTERS;
  });
  return end < 0 ? found : found.slice(0, Math.max(1, end));
}

const PLACES = 'm.session_id, m.turn, m.position, LENGTH(m.body) AS characters';
/** Behind a place, in the order of the key. */
const BEHIND = `m.session_id >= ? AND (m.session_id > ? OR m.turn > ? OR (m.turn = ? AND m.position > ?))
  AND NOT EXISTS (SELECT 1 FROM leftovers AS l WHERE l.id = m.session_id AND l.kind = 'session') ORDER BY m.session_id, m.turn, m.position LIMIT ?`;
const OLDEST = `SELECT ${PLACES} FROM session_messages AS m WHERE ${BEHIND}`;
const BEFORE_ALL: Place = { session_id: '', turn: -1, position: -1 };
const MESSAGES = 'SELECT session_id, turn, position, task_id, body FROM session_messages';

function oldestOf(sessions: number): string {
  return `SELECT ${PLACES} FROM sessions AS s JOIN session_messages AS m ON m.session_id = s.session_id
  WHERE s.session_key IN (${'?, '.repeat(sessions).slice(0, -2)}) AND ${BEHIND}`;
}

const ROLLED_BACK = `SELECT r.session_id, r.task_id FROM rolled_back_runs AS r WHERE NOT EXISTS
  (SELECT 1 FROM session_messages AS m WHERE m.session_id = r.session_id AND m.task_id = r.task_id) ORDER BY r.session_id, r.task_id LIMIT ?`;

/** Messages of one turn of events go together, and are gone from the tasks database before anybody misses them. */
const SOON_MS = 50;
const BATCH = 100;
const BATCH_CHARACTERS = 4_000_000;
const BATCHES_PER_TICK = 100;
const SESSIONS_PER_MOVE = 50;
const MAX_WRITTEN = 10_000;
const RETRY = { baseMs: 500, maxMs: 10_000, jitter: 0.5 };
