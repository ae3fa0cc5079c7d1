/**
 * Lists of tasks. Two indexes of one form, (whose, state, status_at, id): by who may list them, and by context. Tasks of any state are
 * the first ones of each state, merged here; so a page reads a few hundred entries however many tasks there are.
 */
import { setImmediate } from 'node:timers/promises';
import { TASK_STATES } from '../../../protocol/task-state.js';
import type { TaskEvent, TaskEventBody } from '../../../tasks/task-event.js';
import type { ListedTask, TaskListFilter, TaskListPlace, TaskListQuery, TaskListStore } from '../../../tasks/task-list-store.js';
import type { Database } from '../database.js';
import type { RowStatements } from '../dialects/dialect.js';
import type { Query } from '../query.js';
import type { TaskEventTable, TaskTable } from '../schema.js';
import { listKeyOf } from './list-key.js';
import { isTaskId, sessionKeyOf, TASK_EVENT } from './rows.js';

export async function readTaskPage(database: Database, query: TaskListQuery): Promise<readonly ListedTask[]> {
  const { column, key, states, since } = rangesOf(query);
  const { after = NEWEST, limit } = query;
  const union = unionOf(database.dialect.rows, column, states.length);
  const parameters = states.flatMap((state) => [key, state, since, after.statusAt, after.statusAt, after.id, limit]);
  const polledAs = `page ${column} ${key} ${query.state} ${since} ${after.statusAt} ${after.id} ${limit}`;
  const rows = (await database.read({ sql: union, parameters, polledAs })) as readonly unknown[] as readonly PageRow[];
  const found = new Map<string, ListedTask>();
  for (const row of rows) {
    const before = found.get(row.id);
    // Seen in two states, when it went from one to the other meanwhile.
    if (before !== undefined && before.statusAt > row.status_at) continue;
    found.set(row.id, { id: row.id, contextId: row.context_id, seq: row.seq, statusAt: row.status_at });
  }
  return [...found.values()].sort((a, b) => b.statusAt - a.statusAt || (a.id < b.id ? 1 : -1)).slice(0, limit);
}

/** Many are counted a few at a time, so that nobody waits for it where reading blocks this process (SQLite). */
export async function countTasks(database: Database, filter: TaskListFilter): Promise<number> {
  const { column, key, states, since } = rangesOf(filter);
  if (filter.state === undefined && filter.since === undefined) {
    const few = await database.read({ sql: countFewText(column), parameters: [key, SLICE], polledAs: `count ${column} ${key}` });
    if (few[0]?.count !== SLICE) return few[0]?.count as number;
  }
  const countFrom = async (states: readonly string[], { statusAt, id }: TaskListPlace) => {
    const parameters = states.flatMap((state) => [key, state, since, statusAt, statusAt, id, SLICE]);
    const rows = await database.read({ sql: countText(column, states.length), parameters });
    return states.map((_, index) => rows.find((row) => row.place === index)?.count as number);
  };
  const counts = await countFrom(states, NEWEST);
  for (const [index, state] of states.entries()) {
    if (counts[index] !== SLICE) continue;
    let place = NEWEST;
    let slices = 0;
    for (;;) {
      const { statusAt, id } = place;
      const [last] = await database.read({ sql: sliceEndText(column), parameters: [key, state, since, statusAt, statusAt, id, SLICE - 1] });
      if (last === undefined) break;
      place = { statusAt: last.status_at as number, id: last.id as string };
      slices += 1;
      await setImmediate();
    }
    counts[index] = slices * SLICE + ((await countFrom([state], place))[0] ?? 0);
  }
  return counts.reduce((sum, count) => sum + count, 0);
}

export const readEventsOfTasks =
  (database: Database): TaskListStore['eventsOfTasks'] =>
  async (tasks, { artifacts }) => {
    const known = new Map(tasks.filter(({ id }) => isTaskId(id)).map((task) => [task.id, task]));
    const queries = database.dialect.rows.select(TASK_EVENT, [...known.keys()], { lock: false });
    const logs = new Map<string, TaskEvent[]>();
    const parts = await Promise.all(
      queries.map(({ sql, ...rest }) => database.read({ ...rest, sql: artifacts ? sql : `${sql} ${BUT_ARTIFACTS}` })),
    );
    for (const row of parts.flat() as readonly unknown[] as readonly TaskEventTable[]) {
      const task = known.get(row.task_id);
      if (task === undefined || row.seq > task.seq) continue;
      const log = logs.get(task.id) ?? [];
      logs.set(task.id, log);
      const place = { taskId: task.id, contextId: task.contextId, seq: row.seq, epoch: row.epoch, at: row.created_at };
      log.push({ ...(JSON.parse(row.body) as TaskEventBody), ...place });
    }
    for (const log of logs.values()) log.sort((a, b) => a.seq - b.seq);
    return logs;
  };

export const readLogSizes =
  (database: Database): TaskListStore['logSizes'] =>
  async (tasks, { artifacts }) => {
    const ids = tasks.map(({ id }) => id).filter(isTaskId);
    if (ids.length === 0) return new Map();
    const sql = `SELECT task_id, SUM(OCTET_LENGTH(body)) AS bytes FROM task_events
      WHERE task_id IN (${ids.map(() => '?').join(', ')}) ${artifacts ? '' : BUT_ARTIFACTS} GROUP BY task_id`;
    const rows = await database.read({ sql, parameters: ids });
    return new Map(rows.map(({ task_id, bytes }) => [String(task_id), Number(bytes)]));
  };

interface Ranges {
  readonly column: 'list_key' | 'session_key';
  readonly key: string;
  readonly states: readonly string[];
  readonly since: number;
}

function rangesOf({ agent, owner, tenant, contextId, state, since = EARLIEST }: TaskListFilter): Ranges {
  const states = state === undefined ? TASK_STATES : [state];
  if (contextId === undefined) return { column: 'list_key', key: listKeyOf({ agent, owner, tenant }), states, since };
  return { column: 'session_key', key: sessionKeyOf({ agent, owner, contextId, tenant }), states, since };
}

type PageRow = Pick<TaskTable, 'id' | 'context_id' | 'seq'> & { readonly status_at: number };

/** No place among tasks: before all of them, and after. */
const NEWEST: TaskListPlace = { statusAt: Number.MAX_SAFE_INTEGER, id: '' };
const EARLIEST = -Number.MAX_SAFE_INTEGER;

/** One range of one index, behind a place in it. */
function rangeText(column: Ranges['column']): string {
  return `FROM tasks WHERE ${column} = ? AND state = ? AND status_at >= ? AND status_at <= ? AND (status_at < ? OR id < ?)`;
}

const NEWEST_FIRST = 'ORDER BY status_at DESC, id DESC';

/** The first tasks of each of so many states. The same text each time: databases and their drivers look statements up by it. */
function unionOf(rows: RowStatements, column: Ranges['column'], states: number): string {
  const texts = UNIONS.get(rows) ?? new Map<string, string>();
  UNIONS.set(rows, texts);
  const name = `${column} ${states}`;
  const known = texts.get(name);
  if (known !== undefined) return known;
  const one: Query = { sql: `SELECT id, context_id, seq, status_at ${rangeText(column)} ${NEWEST_FIRST} LIMIT ?`, parameters: [] };
  const made = rows.union(Array.from({ length: states }, () => one)).sql;
  texts.set(name, made);
  return made;
}

const UNIONS = new WeakMap<RowStatements, Map<string, string>>();

/** Whoever has few tasks has them counted without a look at their states. */
function countFewText(column: Ranges['column']): string {
  return `SELECT COUNT(*) AS count FROM (SELECT id FROM tasks WHERE ${column} = ? AND status_at IS NOT NULL LIMIT ?) AS few`;
}

function countText(column: Ranges['column'], states: number): string {
  const one = `SELECT id ${rangeText(column)} LIMIT ?`;
  return Array.from({ length: states }, (_, index) => `SELECT ${index} AS place, COUNT(*) AS count FROM (${one}) AS s${index}`).join(
    ' UNION ALL ',
  );
}

function sliceEndText(column: Ranges['column']): string {
  return `SELECT status_at, id ${rangeText(column)} ${NEWEST_FIRST} LIMIT 1 OFFSET ?`;
}

/** Leaves most of a log where it is. An event that is written otherwise is read in vain, and that is all. */
const BUT_ARTIFACTS = `AND body NOT LIKE '{"type":"artifact.updated"%'`;

/** Takes SQLite about a millisecond. */
const SLICE = 10_000;
