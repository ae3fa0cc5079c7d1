/** Trees of runs, read beside the writers. */
import type { SessionMessage } from '../../../tasks/session-message.js';
import type { TaskEventBody } from '../../../tasks/task-event.js';
import type { ChildRecord, TaskRecord } from '../../../tasks/task-store.js';
import type { Database } from '../database.js';
import type { SessionMessageTable, TaskEventTable, TaskTable } from '../schema.js';
import { isTaskId, TASK_COLUMNS, toStoredTask } from './rows.js';

export interface ReadChildrenOptions {
  /** Keys. Default: all. */
  readonly messagesOf: readonly string[] | undefined;
  /** Where messages of sessions go, if not into the run log's database; what has been moved there is read second (SES-10). */
  readonly separate: Database | undefined;
}

export async function readChildren(
  database: Database,
  parentId: string,
  { messagesOf, separate }: ReadChildrenOptions,
): Promise<readonly ChildRecord[]> {
  if (!isTaskId(parentId)) return [];
  const children = (await readTasks(database, CHILDREN, parentId)).toSorted((a, b) => (a.child?.ordinal ?? 0) - (b.child?.ordinal ?? 0));
  if (children.length === 0) return [];
  const statuses = await read<Pick<TaskEventTable, 'task_id' | 'body'>>(database, STATUSES, [parentId]);
  const wanted = messagesOf === undefined ? children : children.filter(({ child }) => messagesOf.includes(child?.key ?? ''));
  const messages = await readMessages(database, wanted, separate);
  const statusOf = new Map(statuses.map(({ task_id, body }) => [task_id, JSON.parse(body) as TaskEventBody]));
  return children.map((task) => {
    const event = statusOf.get(task.id);
    const status = event?.type === 'status.changed' ? event : undefined;
    return { task, statusMessage: status?.status.message, statusMetadata: status?.metadata, messages: messages.get(task.id) ?? [] };
  });
}

export async function readDescendants(database: Database, rootId: string): Promise<readonly TaskRecord[]> {
  if (!isTaskId(rootId)) return [];
  const tasks = await readTasks(database, DESCENDANTS, rootId);
  const below = (id: string): readonly TaskRecord[] =>
    tasks
      .filter(({ child }) => child?.parentId === id)
      .sort((a, b) => (a.child?.ordinal ?? 0) - (b.child?.ordinal ?? 0))
      .flatMap((task) => [task, ...below(task.id)]);
  return below(rootId);
}

async function readMessages(
  database: Database,
  children: readonly TaskRecord[],
  separate: Database | undefined,
): Promise<ReadonlyMap<string, readonly SessionMessage[]>> {
  const ids = children.map(({ id }) => id);
  const places = new Map<string, Map<number, SessionMessage>>(ids.map((id) => [id, new Map()]));
  for (const source of separate === undefined ? [database] : [database, separate]) {
    for (let start = 0; start < ids.length; start += IDS_PER_QUERY) {
      const some = ids.slice(start, start + IDS_PER_QUERY);
      const sql = `${MESSAGES} (${some.map(() => '?').join(', ')})`;
      for (const { session_id, position, body } of await read<Said>(source, sql, some)) {
        places.get(session_id)?.set(position, JSON.parse(body) as SessionMessage);
      }
    }
  }
  const inOrder = (byPosition: ReadonlyMap<number, SessionMessage>) =>
    [...byPosition].sort(([a], [b]) => a - b).map(([, message]) => message);
  return new Map([...places].map(([id, byPosition]) => [id, inOrder(byPosition)]));
}

async function readTasks(database: Database, sql: string, id: string): Promise<readonly TaskRecord[]> {
  return (await read<TaskTable>(database, sql, [id])).map((row) => toStoredTask(row).record);
}

async function read<R>(database: Database, sql: string, parameters: readonly unknown[]): Promise<readonly R[]> {
  return (await database.read({ sql, parameters })) as readonly unknown[] as readonly R[];
}

type Said = Pick<SessionMessageTable, 'session_id' | 'position' | 'body'>;

const COLUMNS = TASK_COLUMNS.join(', ');
const CHILDREN = `SELECT ${COLUMNS} FROM tasks WHERE parent_id = ?`;
const DESCENDANTS = `SELECT ${COLUMNS} FROM tasks WHERE root_id = ?`;
/** A child's own log ends with its last status. */
const STATUSES =
  'SELECT e.task_id, e.body FROM tasks AS t JOIN task_events AS e ON e.task_id = t.id AND e.seq = t.seq WHERE t.parent_id = ?';
/** What its parent said to it bears the parent's id. A child's session has its id. */
const MESSAGES = 'SELECT session_id, position, body FROM session_messages WHERE task_id = session_id AND session_id IN';
/** Parameters of a statement are limited. */
const IDS_PER_QUERY = 500;
