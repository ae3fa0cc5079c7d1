/**
 * Sessions as their owners see them. Reads beside the run log, which writes them.
 *
 * Owns: `owner_key` of sessions that a process of an earlier version began, and what a deletion leaves to be done. Does not own: the rows of
 * sessions, messages and states while they are used (`sql-task-store.ts`).
 */
import { AppError } from '../../base/errors.js';
import type { JsonValue } from '../../base/json.js';
import type { OwnerScope } from '../../tasks/owner-scope.js';
import type { Pause } from '../../tasks/recovery-store.js';
import type { SessionState } from '../../tasks/session-state.js';
import type {
  DeleteSessionOutcome,
  MessageQuery,
  PlacedMessage,
  SessionListQuery,
  SessionPage,
  SessionRecord,
  SessionStore,
  SessionUpkeep,
} from '../../tasks/session-store.js';
import type { TaskEvent, TaskEventBody } from '../../tasks/task-event.js';
import type { Database } from './database.js';
import { rowsOf, rowsOfAll } from './query.js';
import { completeDeletions, deleteSession } from './run-log/delete-session.js';
import { childSessionKey } from './run-log/family.js';
import { ownerKeyOf } from './run-log/list-key.js';
import { beginning, OWNER_BEGINS } from './run-log/owner-prefix.js';
import { isTaskId, sessionKeyOf } from './run-log/rows.js';
import { readSessionRows, type SessionDatabases } from './run-log/session-rows.js';
import { scopeKeyOf } from './run-log/session-states.js';
import type { SessionStateTable, SessionTable, TaskEventTable, TaskTable } from './schema.js';

export class SqlSessionStore implements SessionStore, SessionUpkeep {
  readonly #databases: SessionDatabases;

  /** @param separate where messages of sessions go, if not into `runs` (SES-10). */
  constructor(runs: Database, separate?: Database) {
    this.#databases = { runs, separate };
  }

  /** Looks through a few thousand sessions at most: a page may be short, and goes on behind them. */
  async listSessions({ owner, agent, contextId, tenant, after, limit }: SessionListQuery): Promise<SessionPage> {
    const sessions: SessionRecord[] = [];
    const isWanted = (row: SessionTable) =>
      (agent === undefined || row.agent === agent) &&
      (contextId === undefined || row.context_id === contextId) &&
      (tenant === undefined || row.tenant === tenant);
    let last = after;
    for (let read = 0; read < MAX_READ; ) {
      const rows = await this.#readSlice(owner, last, SLICE);
      for (const row of rows) {
        if (!isWanted(row)) continue;
        if (sessions.length === limit) return { sessions, ...nextOf(sessions.at(-1)?.id) };
        sessions.push(toRecord(row));
      }
      if (rows.length < SLICE) return { sessions };
      last = rows.at(-1)?.session_id;
      read += rows.length;
    }
    return { sessions, ...nextOf(last) };
  }

  async findSession(id: string, owner: OwnerScope): Promise<SessionRecord | undefined> {
    const row = await this.#findRow(id, owner);
    return row === undefined ? undefined : toRecord(row);
  }

  async readMessages({ id }: Pick<SessionRecord, 'id'>, { before = END, limit }: MessageQuery): Promise<readonly PlacedMessage[]> {
    const newest = await readSessionRows(this.#databases, id, {
      sql: '(m.turn < ? OR (m.turn = ? AND m.position < ?))',
      parameters: [before.turn, before.turn, before.position],
      order: 'newest first',
      limit,
    });
    return newest.toReversed();
  }

  async readState(session: SessionRecord): Promise<SessionState> {
    const row = await this.#findRow(session.id, session.owner);
    if (row === undefined) return {};
    const { agent, owner, id } = session;
    const scope = { agent, owner, tenant: session.tenant ?? '', sessionKey: row.session_key, taskId: id };
    const keys = [scopeKeyOf('session', scope), ...(session.tenant === undefined ? [] : [scopeKeyOf('user', scope)])];
    const values = await this.#read<Pick<SessionStateTable, 'name' | 'value'>>(
      `SELECT name, value FROM session_states WHERE scope_key IN (${keys.map(() => '?').join(', ')}) ORDER BY name`,
      keys,
    );
    return Object.fromEntries(values.map(({ name, value }) => [JSON.parse(name) as string, JSON.parse(value) as JsonValue]));
  }

  async readArtifacts({ id }: Pick<SessionRecord, 'id'>): Promise<readonly TaskEvent[]> {
    const rows = await this.#read<TaskEventTable & Pick<TaskTable, 'context_id'>>(ARTIFACTS, [id]);
    const separate = this.#databases.separate;
    const gone =
      separate === undefined
        ? []
        : await separate.read({ sql: 'SELECT task_id FROM rolled_back_runs WHERE session_id = ?', parameters: [id] });
    const left = new Set(gone.map((row) => row.task_id));
    return rows
      .filter((row) => !left.has(row.task_id))
      .map((row) => ({
        ...(JSON.parse(row.body) as TaskEventBody),
        taskId: row.task_id,
        contextId: row.context_id,
        seq: row.seq,
        epoch: row.epoch,
        at: row.created_at,
      }));
  }

  async readArtifactsOf(taskId: string): Promise<readonly TaskEvent[]> {
    if (!isTaskId(taskId)) return [];
    const [row] = await this.#read<{ readonly id: string }>(SESSION_OF, [taskId]);
    return row === undefined ? [] : await this.readArtifacts(row);
  }

  async deleteSession(id: string, owner: string, pause?: Pause): Promise<DeleteSessionOutcome> {
    const row = await this.#findRow(id, owner);
    if (row === undefined) return { type: 'not-found' };
    const { runs, separate } = this.#databases;
    return await deleteSession(runs, { sessionKey: row.session_key, sessionId: id }, { separate, pause });
  }

  async completeDeletions(pause?: Pause): Promise<void> {
    await completeDeletions(this.#databases.runs, this.#databases.separate, pause);
  }

  async completeSessions(limit: number, pause?: Pause): Promise<number> {
    const { runs } = this.#databases;
    const rows = await this.#read<UnnotedSession>(UNNOTED, [limit]);
    for (let start = 0; start < rows.length; start += BATCH) {
      const batch = rows.slice(start, start + BATCH).sort((a, b) => (a.session_key < b.session_key ? -1 : 1));
      const keys = batch.map((row) => row.session_key);
      await runs.transact(function* () {
        const { select, update } = runs.dialect.rows;
        const locked = yield* rowsOfAll<Pick<SessionTable, 'session_key'>>(select(SESSION_NOTE, keys, { lock: true }));
        const there = new Set(locked.map((row) => row.session_key));
        const notes = batch.filter((row) => there.has(row.session_key)).map((row) => [row.session_key, ...noteOf(row)]);
        for (const query of update(SESSION_NOTE, notes)) yield* rowsOf(query);
      });
      await pause?.();
    }
    return rows.length;
  }

  /** How many sessions, by agent, have a run that works or waits for a worker (OBS-16). */
  async countActive(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#read<{ readonly agent: string; readonly sessions: number }>(ACTIVE, []);
    return new Map(rows.map(({ agent, sessions }) => [agent, Number(sessions)]));
  }

  async #findRow(id: string, owner: OwnerScope): Promise<SessionTable | undefined> {
    if (!isTaskId(id)) return undefined;
    const { sql, parameters } = ofOwner(owner);
    return (await this.#read<SessionTable>(`${SESSIONS}${sql} AND session_id = ?`, [...parameters, id]))[0];
  }

  #readSlice(owner: OwnerScope, after: string | undefined, limit: number): Promise<readonly SessionTable[]> {
    const { sql, parameters } = ofOwner(owner);
    const behind = after === undefined ? '' : ' AND session_id < ?';
    const values = [...parameters, ...(after === undefined ? [] : [after]), limit];
    return this.#read(`${SESSIONS}${sql}${behind} ORDER BY session_id DESC LIMIT ?`, values);
  }

  async #read<R>(sql: string, parameters: readonly unknown[]): Promise<readonly R[]> {
    return (await this.#databases.runs.read({ sql, parameters })) as readonly unknown[] as readonly R[];
  }
}

const ACTIVE =
  'SELECT agent, COUNT(DISTINCT open_session) AS sessions FROM tasks WHERE open_session IS NOT NULL AND parent_id IS NULL GROUP BY agent';

type UnnotedSession = Pick<SessionTable, 'session_key' | 'agent' | 'owner' | 'context_id'> & {
  readonly task_tenant: string | null;

  readonly task_id: string | null;
};

/** Owner's key and tenant, which only the first run knows when it is not ''. */
function noteOf(row: UnnotedSession): readonly [ownerKey: string, tenant: string | null] {
  if (row.session_key === childSessionKey(row.context_id)) return ['', row.task_tenant];
  if (row.task_id !== null) return [ownerKeyOf(row.owner), row.task_tenant];
  const plain = sessionKeyOf({ agent: row.agent, owner: row.owner, contextId: row.context_id });
  return [ownerKeyOf(row.owner), row.session_key === plain ? '' : null];
}

/** Sessions of children are nobody's to see. */
function ofOwner(owner: OwnerScope): { readonly sql: string; readonly parameters: readonly unknown[] } {
  if (typeof owner === 'string') return { sql: 'owner_key = ?', parameters: [ownerKeyOf(owner)] };
  return { sql: `owner_key <> '' AND ${OWNER_BEGINS}`, parameters: beginning(owner.prefix) };
}

function toRecord(row: SessionTable): SessionRecord {
  if (row.owner_key === null)
    throw new AppError('INTERNAL', { message: `the session ${row.session_id} was found without its owner's key` });
  return {
    id: row.session_id,
    agent: row.agent,
    owner: row.owner,
    contextId: row.context_id,
    tenant: row.tenant ?? undefined,
    messages: row.last_position,
    runs: row.last_turn,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function nextOf(id: string | undefined): { readonly next?: string } {
  return id === undefined ? {} : { next: id };
}

const END = { turn: 2 ** 31 - 1, position: 2 ** 31 - 1 };
const SLICE = 500;
const MAX_READ = 5_000;
const BATCH = 100;
const SESSION_NOTE = { table: 'sessions', columns: { session_key: 'key', owner_key: 'key', tenant: 'text' } } as const;
const SESSIONS = `SELECT session_key, session_id, agent, owner, context_id, last_position, last_turn, created_at, updated_at, owner_key, tenant
  FROM sessions WHERE `;

const UNNOTED = `SELECT s.session_key, s.agent, s.owner, s.context_id, t.id AS task_id, t.tenant AS task_tenant
  FROM sessions AS s LEFT JOIN tasks AS t ON t.id = s.session_id WHERE s.owner_key IS NULL ORDER BY s.session_id LIMIT ?`;
const SESSION_OF = 'SELECT r.session_id AS id FROM tasks AS t JOIN tasks AS r ON r.id = COALESCE(t.root_id, t.id) WHERE t.id = ?';
const ARTIFACTS = `SELECT e.task_id, e.seq, e.epoch, e.created_at, e.body, t.context_id FROM tasks AS t JOIN task_events AS e ON e.task_id = t.id
  WHERE t.session_id = ? AND t.parent_id IS NULL AND e.body LIKE '{"type":"artifact.updated"%'
    AND NOT EXISTS (SELECT 1 FROM rolled_back_runs AS r WHERE r.session_id = t.session_id AND r.task_id = t.id)
  ORDER BY t.turn, t.id, e.seq`;
