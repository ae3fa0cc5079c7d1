/**
 * The index of what was said in sessions, in the database of the run log: it joins sessions, and goes with them.
 *
 * Owns: `recall_messages`, `recall_sessions`. Does not own: what is said, which is read from the sessions at each search, so that a message
 * that has left its session is not found whatever the index says.
 */
import type {
  RecallCandidate,
  RecallEntry,
  RecallPage,
  RecallQuery,
  RecallScope,
  RecallStore,
  RecallWrite,
  SessionBehind,
} from '../../memory/recall/recall-store.js';
import type { PlacedMessage } from '../../tasks/session-store.js';
import type { Database } from './database.js';
import { type Program, type Query, rowsOfAll } from './query.js';
import { listKeyOf, ownerKeyOf } from './run-log/list-key.js';
import { isTaskId } from './run-log/rows.js';
import { readSessionRows, type SessionDatabases } from './run-log/session-rows.js';
import type { RecallMessageTable, RecallSessionTable, SessionTable, TaskTable } from './schema.js';

export class SqlRecallStore implements RecallStore {
  readonly #databases: SessionDatabases;

  /** @param separate where messages of sessions go, if not into `runs` (SES-10). */
  constructor(runs: Database, separate?: Database) {
    this.#databases = { runs, separate };
  }

  async walk(fingerprint: string, after: string | undefined, limit: number): Promise<RecallPage> {
    const rows = await this.#read<WalkedSession>(WALK, [after ?? '', limit]);
    return { sessions: behindOf(rows, fingerprint), next: rows.length < limit ? undefined : rows.at(-1)?.session_key };
  }

  async ended(fingerprint: string, since: number, limit: number) {
    const ended = await this.#read<Pick<TaskTable, 'session_key'> & { readonly ended_at: number }>(ENDED, [since, limit]);
    const keys = [...new Set(ended.map((row) => row.session_key))];
    const rows = keys.length === 0 ? [] : await this.#read<WalkedSession>(`${WALKED} WHERE s.session_key IN (${marks(keys)})`, keys);
    return { sessions: behindOf(rows, fingerprint), last: ended.at(-1)?.ended_at ?? since };
  }

  unread({ sessionId }: SessionBehind, after: number, limit: number): Promise<readonly PlacedMessage[]> {
    return readSessionRows(this.#databases, sessionId, { sql: 'm.position > ?', parameters: [after], order: 'by arrival', limit });
  }

  async consumedBy({ sessionId }: SessionBehind, { taskId, position, message }: PlacedMessage): Promise<readonly number[]> {
    const condition = { sql: 'm.task_id = ? AND m.position < ?', parameters: [taskId, position] } as const;
    const before = await readSessionRows(this.#databases, sessionId, { ...condition, order: 'newest first', limit: CONSUMED });
    return (message.consumes ?? []).flatMap(
      (id) => before.find((other) => other.message.role === 'user' && other.message.id === id)?.position ?? [],
    );
  }

  async write({ session, entries, consumed, upToPosition, fingerprint }: RecallWrite): Promise<void> {
    const { transact, dialect } = this.#databases.runs;
    const { sessionId, sessionKey, scope } = session;
    const scopeKey = listKeyOf(scope);
    const toRow = (entry: RecallEntry) => [
      sessionId,
      entry.position,
      entry.turn,
      entry.taskId,
      scopeKey,
      entry.createdAt,
      [scopeWordOf(scopeKey), ...entry.words].join(' '),
      entry.vector === undefined ? null : toBytes(entry.vector),
    ];
    await transact(function* () {
      const { select, insertMissing, update } = dialect.rows;
      // Under the lock of its row a session is not deleted, and what it leaves behind is cleared after that row is gone.
      const [there] = yield* rowsOfAll<Pick<SessionTable, 'session_id'>>(select(SESSION_NAME, [sessionKey], { lock: true }));
      if (there?.session_id !== sessionId) return;
      const [known] = yield* rowsOfAll<RecallSessionTable>(select(RECALL_SESSION, [sessionId], { lock: true }));
      if (known !== undefined && known.fingerprint !== fingerprint)
        yield { sql: 'DELETE FROM recall_messages WHERE session_id = ?', parameters: [sessionId] };
      // Somebody else may have looked further meanwhile, and seen that one of these was consumed.
      const seen = known?.fingerprint === fingerprint ? known.position : 0;
      yield* runAll(insertMissing(RECALL_MESSAGE, entries.filter((entry) => entry.position > seen).map(toRow)));
      if (consumed.length > 0)
        yield {
          sql: `DELETE FROM recall_messages WHERE session_id = ? AND position IN (${marks(consumed)})`,
          parameters: [sessionId, ...consumed],
        };
      yield { sql: ROLLED_BACK, parameters: [sessionId, sessionId] };
      const position = known?.fingerprint === fingerprint ? Math.max(known.position, upToPosition) : upToPosition;
      yield* runAll(insertMissing(RECALL_SESSION, [[sessionId, position, fingerprint]]));
      yield* runAll(update(RECALL_SESSION, [[sessionId, position, fingerprint]]));
    });
  }

  async byWords(words: readonly string[], { scope, exceptSession = '', limit }: RecallQuery) {
    const { runs } = this.#databases;
    if (words.length === 0) return [];
    const query = runs.dialect.wordIndex.search(`${CANDIDATE}, m.words`, {
      scopeWord: scopeWordOf(listKeyOf(scope)),
      words,
      exceptSession,
      limit,
    });
    const rows = (await runs.read(query)) as readonly unknown[] as readonly (CandidateRow & Pick<RecallMessageTable, 'words'>)[];
    return rows.map((row) => ({ ...toCandidate(row), words: row.words.split(' ').slice(1) }));
  }

  async vectors({ scope, exceptSession = '', limit }: RecallQuery) {
    const rows = await this.#read<CandidateRow & { readonly vector: Uint8Array }>(VECTORS, [listKeyOf(scope), exceptSession, limit]);
    return rows.map((row) => ({ ...toCandidate(row), vector: toVector(row.vector) }));
  }

  async load({ owner }: RecallScope, places: readonly RecallCandidate[]) {
    const ownerKey = ownerKeyOf(owner);
    const loaded = await Promise.all(places.map((place) => this.#load(place, ownerKey)));
    return loaded.flatMap((message) => message ?? []);
  }

  async findScope(taskId: string) {
    if (!isTaskId(taskId)) return undefined;
    const [task] = await this.#read<ScopeRow>(SCOPE, [taskId]);
    const [root] = task?.root_id == null ? [task] : await this.#read<ScopeRow>(SCOPE, [task.root_id]);
    if (root === undefined) return undefined;
    const { agent, owner, tenant, session_id: sessionId } = root;
    return { scope: { agent, owner, tenant }, sessionId };
  }

  /** A few sessions at a time: nobody waits for all of them. */
  async clear(): Promise<void> {
    const { runs } = this.#databases;
    for (;;) {
      const ids = (await this.#read<{ readonly session_id: string }>(INDEXED, [CLEARED])).map((row) => row.session_id);
      if (ids.length === 0) return;
      await runs.transact(function* () {
        yield* runAll(runs.dialect.rows.remove('recall_messages', 'session_id', ids));
        yield* runAll(runs.dialect.rows.remove('recall_sessions', 'session_id', ids));
      });
    }
  }

  async #load({ sessionId, turn, position }: RecallCandidate, ownerKey: string) {
    const [session] = await this.#read<Pick<TaskTable, 'context_id'>>(CONTEXT, [sessionId, ownerKey]);
    if (session === undefined) return undefined;
    const condition = { sql: 'm.turn = ? AND m.position = ?', parameters: [turn, position], order: 'by arrival', limit: 1 } as const;
    const [message] = await readSessionRows(this.#databases, sessionId, condition);
    return message === undefined ? undefined : { ...message, sessionId, contextId: session.context_id };
  }

  async #read<R>(sql: string, parameters: readonly unknown[]): Promise<readonly R[]> {
    return (await this.#databases.runs.read({ sql, parameters })) as readonly unknown[] as readonly R[];
  }
}

type WalkedSession = Pick<SessionTable, 'session_key' | 'session_id' | 'agent' | 'owner' | 'tenant' | 'owner_key' | 'last_position'> & {
  readonly position: number | null;
  readonly fingerprint: string | null;
};
type CandidateRow = Pick<RecallMessageTable, 'session_id' | 'turn' | 'position' | 'created_at'>;
type ScopeRow = Pick<TaskTable, 'agent' | 'owner' | 'tenant' | 'session_id' | 'root_id'>;

/** Children's are passed over, and those of which nobody knows yet, or any more, for whom they are. */
function behindOf(rows: readonly WalkedSession[], fingerprint: string): readonly SessionBehind[] {
  return rows.flatMap(({ session_key: sessionKey, session_id: sessionId, agent, owner, tenant, owner_key, ...row }) => {
    if (owner_key === null || owner_key === '' || tenant === null) return [];
    const indexedPosition = row.fingerprint === fingerprint ? (row.position ?? 0) : 0;
    if (row.fingerprint === fingerprint && indexedPosition >= row.last_position) return [];
    return [{ sessionKey, sessionId, scope: { agent, owner, tenant }, lastPosition: row.last_position, indexedPosition }];
  });
}

function toCandidate(row: CandidateRow): RecallCandidate {
  return { sessionId: row.session_id, turn: row.turn, position: row.position, createdAt: row.created_at };
}

/** Stands before the words of each message, so that a search reads what one caller may find and nothing else. */
function scopeWordOf(scopeKey: string): string {
  return `ss${Buffer.from(scopeKey, 'base64url').toString('hex').slice(0, 40)}`;
}

function toBytes(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

function toVector(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

function* runAll(queries: readonly Query[]): Program<void> {
  for (const query of queries) yield query;
}

const SESSION_NAME = { table: 'sessions', columns: { session_key: 'key', session_id: 'key' } } as const;
const RECALL_SESSION = { table: 'recall_sessions', columns: { session_id: 'key', position: 'integer', fingerprint: 'key' } } as const;
const RECALL_MESSAGE = {
  table: 'recall_messages',
  columns: {
    session_id: 'key',
    position: 'integer',
    turn: 'integer',
    task_id: 'key',
    scope_key: 'key',
    created_at: 'integer',
    words: 'text',
    vector: 'bytes',
  },
} as const;

const WALKED_COLUMNS = 's.session_key, s.session_id, s.agent, s.owner, s.tenant, s.owner_key, s.last_position, r.position, r.fingerprint';
const JOINED = 'LEFT JOIN recall_sessions AS r ON r.session_id = s.session_id';
const WALKED = `SELECT ${WALKED_COLUMNS} FROM sessions AS s ${JOINED}`;
const WALK = `${WALKED} WHERE s.session_key > ? ORDER BY s.session_key LIMIT ?`;
const ENDED = `SELECT session_key, ended_at FROM tasks WHERE ended_at >= ? AND parent_id IS NULL ORDER BY ended_at, created_at, id LIMIT ?`;
const ROLLED_BACK = `DELETE FROM recall_messages WHERE session_id = ?
  AND task_id IN (SELECT task_id FROM rolled_back_runs WHERE session_id = ?)`;
const CANDIDATE = 'm.session_id, m.turn, m.position, m.created_at';
const VECTORS = `SELECT ${CANDIDATE}, m.vector FROM recall_messages AS m WHERE m.scope_key = ? AND m.session_id <> ? AND m.vector IS NOT NULL
  ORDER BY m.created_at DESC, m.entry DESC LIMIT ?`;
const SCOPE = 'SELECT agent, owner, tenant, session_id, root_id FROM tasks WHERE id = ?';
const CONTEXT = 'SELECT context_id FROM sessions WHERE session_id = ? AND owner_key = ?';
const INDEXED = 'SELECT session_id FROM recall_sessions ORDER BY session_id LIMIT ?';
const CLEARED = 50;
/** Messages of a run before the one that consumes some of them. */
const CONSUMED = 200;
