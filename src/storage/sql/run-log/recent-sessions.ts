/**
 * Messages of sessions that runs read a moment ago: the next run reads only what was said since.
 *
 * Owns: messages of at most `MAX_CHARACTERS` as JSON; the session that was read longest ago goes first. Does not own: rows. Another instance
 * may have written them, deleted them with their session, or taken a run out of the session:
 * - M1 Messages are only ever added, each at the session's next position (R8). What is kept is all up to `position` whose turn is at most
 *   `turn`. It counts only when every position behind is among the rows that are read now; else all is read again.
 * - M2 A run that leaves its session (rollback) changes their number; a session that was deleted and begun anew has another id.
 * - M3 What is kept is frozen: many runs read it.
 */
import { freezeDeep } from '../../../base/freeze-deep.js';
import { RecentlyUsed } from '../../../base/recently-used.js';
import type { SessionMessage } from '../../../tasks/session-message.js';
import type { Database } from '../database.js';
import type { SessionPartRange } from './task-reads.js';

interface KeptSession {
  readonly sessionId: string;
  readonly rolledBack: number;
  /** M1 */
  readonly position: number;
  readonly turn: number;
  /** Oldest first. */
  readonly messages: readonly SessionMessage[];
  /** Older ones are not among them. */
  readonly isCut: boolean;
  readonly characters: number;
}

/** Of the session, and of one of its messages, if it has any. */
interface SessionRow {
  readonly session_id: string;
  readonly last_position: number;
  readonly rolled_back: number;
  readonly turn: number | null;
  readonly position: number | null;
  readonly body: string | null;
}

type Range = Omit<SessionPartRange, 'upToPosition'>;

export class RecentSessions {
  readonly #database: Database;
  readonly #kept = new RecentlyUsed<KeptSession>(MAX_CHARACTERS);

  constructor(database: Database) {
    this.#database = database;
  }

  /** Oldest first. */
  async read(range: Range): Promise<readonly SessionMessage[]> {
    const kept = this.#kept.find(range.sessionKey);
    const known = kept === undefined ? undefined : await this.#readNew(kept, range);
    const now = known ?? (await this.#readAll(range));
    if (now !== undefined && now.messages.length >= MIN_MESSAGES && now.characters <= MAX_SESSION_CHARACTERS)
      this.#kept.keep(range.sessionKey, now);
    else this.#kept.drop(range.sessionKey);
    return now?.messages ?? [];
  }

  async #readNew(kept: KeptSession, { sessionKey, upToTurn, limit }: Range): Promise<KeptSession | undefined> {
    if (upToTurn < kept.turn || (kept.isCut && kept.messages.length < limit)) return undefined;
    const rows = await this.#query(SINCE, [kept.turn, kept.turn, kept.position, sessionKey, MAX_NEW]);
    const [head] = rows;
    if (head === undefined || rows.length === MAX_NEW) return undefined;
    if (head.session_id !== kept.sessionId || Number(head.rolled_back) !== kept.rolledBack) return undefined;
    const isBehind = ({ position }: SessionRow) => position !== null && position > kept.position;
    if (rows.filter(isBehind).length !== head.last_position - kept.position) return undefined;
    const added = rows.filter(({ turn }) => turn !== null && turn <= upToTurn);
    const messages = [...kept.messages, ...added.map(toMessage).reverse()];
    return {
      ...kept,
      position: head.last_position,
      turn: upToTurn,
      messages: messages.length > limit ? messages.slice(-limit) : messages,
      isCut: kept.isCut || messages.length > limit,
      characters: kept.characters + charactersOf(added),
    };
  }

  async #readAll({ sessionKey, upToTurn, limit }: Range): Promise<KeptSession | undefined> {
    const rows = await this.#query(NEWEST, [upToTurn, sessionKey, limit]);
    const [head] = rows;
    if (head === undefined) return undefined;
    const said = rows.filter(({ body }) => body !== null);
    return {
      sessionId: head.session_id,
      rolledBack: Number(head.rolled_back),
      position: head.last_position,
      turn: upToTurn,
      messages: said.map(toMessage).reverse(),
      isCut: said.length === limit,
      characters: charactersOf(said),
    };
  }

  async #query(sql: string, parameters: readonly unknown[]): Promise<readonly SessionRow[]> {
    return (await this.#database.read({ sql, parameters })) as readonly unknown[] as readonly SessionRow[];
  }
}

function toMessage({ body }: SessionRow): SessionMessage {
  return freezeDeep(JSON.parse(body as string) as SessionMessage);
}

function charactersOf(rows: readonly SessionRow[]): number {
  return rows.reduce((sum, { body }) => sum + (body?.length ?? 0), 0);
}

const ROWS = `SELECT s.session_id, s.last_position, m.turn, m.position, m.body,
    (SELECT COUNT(*) FROM rolled_back_runs AS b WHERE b.session_id = s.session_id) AS rolled_back
  FROM sessions AS s LEFT JOIN session_messages AS m ON m.session_id = s.session_id
    AND NOT EXISTS (SELECT 1 FROM rolled_back_runs AS r WHERE r.session_id = m.session_id AND r.task_id = m.task_id)`;
const ORDER = 'WHERE s.session_key = ? ORDER BY m.turn DESC, m.position DESC LIMIT ?';
const NEWEST = `${ROWS} AND m.turn <= ? ${ORDER}`;
/** With those that wait behind the run: their positions count. */
const SINCE = `${ROWS} AND m.turn >= ? AND (m.turn > ? OR m.position > ?) ${ORDER}`;

/** Fewer are read as quickly. */
const MIN_MESSAGES = 32;
/** More new ones than this are as well read with the rest. */
const MAX_NEW = 1_000;
const MAX_CHARACTERS = 16 * 1024 * 1024;
const MAX_SESSION_CHARACTERS = 4 * 1024 * 1024;
