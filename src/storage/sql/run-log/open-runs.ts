/** Runs that have not ended, for the management API and the keeper (R1, CHK-07, CHK-11, CHK-12). */
import type { OwnerScope } from '../../../tasks/owner-scope.js';
import type { OpenRunQuery, OpenRunStatistics, OpenRunStatus, RunInHands } from '../../../tasks/recovery-store.js';
import type { TaskRecord } from '../../../tasks/task-store.js';
import type { Database } from '../database.js';
import type { TaskTable } from '../schema.js';
import { beginning, OWNER_BEGINS } from './owner-prefix.js';
import { sessionKeyOf, TASK_COLUMNS, toStoredTask } from './rows.js';
import { IS_NOT_TERMINAL, IS_OPEN, IS_WAITING, MAY_EXPIRE } from './state-conditions.js';

export async function readDue(database: Database, at: number, limit: number): Promise<readonly TaskRecord[]> {
  const sql = `SELECT ${COLUMNS} FROM tasks WHERE expires_at <= ? AND ${MAY_EXPIRE} ORDER BY expires_at, id LIMIT ?`;
  return toRecords(await database.read({ sql, parameters: [at, limit] }));
}

export async function readTaken(
  database: Database,
  limit: number,
  after: Pick<TaskRecord, 'worker' | 'id'>,
): Promise<readonly RunInHands[]> {
  return (await database.read({
    sql: TAKEN,
    parameters: [after.worker, after.worker, after.id, limit],
  })) as readonly unknown[] as readonly RunInHands[];
}

export async function readOpenRuns(database: Database, query: OpenRunQuery): Promise<readonly TaskRecord[]> {
  const { owner, status, session, after, limit } = query;
  const conditions = [
    ...ofOwner(owner),
    { sql: ` AND ${status === undefined ? IS_ROOT : STATUS[status]}`, parameters: [] },
    session === undefined ? { sql: '', parameters: [] } : { sql: OF_SESSION, parameters: [sessionKeyOf(session)] },
    after === undefined
      ? { sql: '', parameters: [] }
      : { sql: ' AND created_at >= ? AND (created_at > ? OR id > ?)', parameters: [after.createdAt, after.createdAt, after.id] },
  ];
  const sql = `SELECT ${COLUMNS} FROM tasks WHERE ${IS_OPEN}${conditions.map((condition) => condition.sql).join('')} ORDER BY ended_at, created_at, id LIMIT ?`;
  return toRecords(await database.read({ sql, parameters: [...conditions.flatMap((condition) => condition.parameters), limit] }));
}

export async function readStatistics(database: Database, owner: OwnerScope | undefined, at: number): Promise<OpenRunStatistics> {
  const conditions = ofOwner(owner);
  const sql = `SELECT ${COUNTS} FROM tasks WHERE ${IS_OPEN}${conditions.map((condition) => condition.sql).join('')}`;
  const parameters = [at, ...conditions.flatMap((condition) => condition.parameters)];
  const [row] = (await database.read({ sql, parameters })) as readonly unknown[] as readonly StatisticsRow[];
  const { total = 0, queued = 0, working = 0, waiting = 0, held = 0, expired = 0, oldest } = row ?? {};
  return { total, queued, working, inputRequired: waiting, held, expired, oldestCreatedAt: oldest ?? 0 };
}

interface StatisticsRow {
  readonly total: number;
  readonly queued: number;
  readonly working: number;
  readonly waiting: number;
  readonly held: number;
  readonly expired: number;
  readonly oldest: number | null;
}

/** With its length: MySQL's `=` looks away from spaces at the end. */
function ofOwner(owner: OwnerScope | undefined): readonly { readonly sql: string; readonly parameters: readonly unknown[] }[] {
  if (owner === undefined) return [];
  if (typeof owner !== 'string') return [{ sql: ` AND ${OWNER_BEGINS}`, parameters: beginning(owner.prefix) }];
  return [{ sql: ' AND owner = ? AND OCTET_LENGTH(owner) = ?', parameters: [owner, Buffer.byteLength(owner)] }];
}

function toRecords(rows: readonly unknown[]): readonly TaskRecord[] {
  return (rows as readonly TaskTable[]).map((row) => toStoredTask(row).record);
}

const OF_SESSION = ' AND session_id = (SELECT session_id FROM sessions WHERE session_key = ?)';

const COLUMNS = TASK_COLUMNS.join(', ');

/** Children are shown below their roots; who looks for held runs has to find theirs. */
const IS_ROOT = 'parent_id IS NULL';

const STATUS: Readonly<Record<OpenRunStatus, string>> = {
  queued: `${IS_ROOT} AND NOT ${IS_WAITING} AND held_since IS NULL AND worker IS NULL AND open_children IS NULL`,
  running: `${IS_ROOT} AND NOT ${IS_WAITING} AND held_since IS NULL AND (worker IS NOT NULL OR open_children IS NOT NULL)`,
  waiting: `${IS_ROOT} AND ${IS_WAITING}`,
  held: 'held_since IS NOT NULL',
};

const IS_IN_HANDS = `NOT ${IS_WAITING} AND held_since IS NULL AND worker IS NOT NULL`;

/** The index finds them; their state decides, as a process of an earlier version ends runs without clearing `worker`. Nothing here may make another index look better. */
const TAKEN = `SELECT id, worker, owner, step, epoch, traceparent FROM tasks WHERE worker >= ? AND (worker > ? OR id > ?) AND ${IS_NOT_TERMINAL} AND ${IS_IN_HANDS}
  ORDER BY worker, id LIMIT ?`;

const COUNTS = `${countOf(IS_ROOT)} AS total, ${countOf(STATUS.queued)} AS queued, ${countOf(STATUS.running)} AS working, ${countOf(STATUS.waiting)} AS waiting,
  ${countOf(STATUS.held)} AS held, ${countOf(`expires_at <= ? AND ${MAY_EXPIRE}`)} AS expired, MIN(created_at) AS oldest`;

function countOf(condition: string): string {
  return `COUNT(CASE WHEN ${condition} THEN 1 END)`;
}
