import type { TaskEventBody } from '../../../tasks/task-event.js';
import type { SqlDialect } from '../dialects/dialect.js';
import { type Program, patient, rowsOf } from '../query.js';
import { listKeyOf, statusTimeOf } from '../run-log/list-key.js';
import type { TaskEventTable, TaskTable } from '../schema.js';
import { addColumn, addIndex } from '../table-definition.js';
import type { Migration } from './migration.js';

/** Tasks by their status's time, for whoever may list them and within a context. */
export const taskListMigration: Migration = {
  number: 6,
  name: 'task-list',
  statements: (dialect) => [
    addColumn(dialect, 'tasks', 'list_key', 'key'),
    addColumn(dialect, 'tasks', 'status_at', 'integer'),
    () => fill(dialect),
    addIndex(dialect, 'tasks', { columns: ['list_key', 'state', 'status_at', 'id'] }),
    addIndex(dialect, 'tasks', { columns: ['session_key', 'state', 'status_at', 'id'] }),
  ],
};

/** A task without a log was touched last when its status changed, as far as anybody knows. */
function* fill({ rows }: SqlDialect): Program<void> {
  for (let last = ''; ; ) {
    const tasks = yield* rowsOf<FilledTask>(patient(UNFILLED, [last, BATCH]));
    const [newest] = tasks.slice(-1);
    if (newest === undefined) return;
    const ids = tasks.map(({ id }) => id);
    const times = new Map<string, number>();
    const events = yield* rowsOf<StatusEvent>(patient(`${STATUS_EVENTS} (${ids.map(() => '?').join(', ')}) ${IN_ORDER}`, ids));
    for (const { task_id, created_at, body } of events) {
      const time = statusTimeOf(JSON.parse(body) as TaskEventBody, created_at);
      if (time !== undefined) times.set(task_id, time);
    }
    const changes = tasks.map((task) => [task.id, listKeyOf(task), times.get(task.id) ?? task.updated_at]);
    for (const query of rows.update(LIST_CHANGE, changes)) yield query;
    last = newest.id;
  }
}

type FilledTask = Pick<TaskTable, 'id' | 'agent' | 'owner' | 'tenant' | 'updated_at'>;
type StatusEvent = Pick<TaskEventTable, 'task_id' | 'created_at' | 'body'>;

const LIST_CHANGE = { table: 'tasks', columns: { id: 'key', list_key: 'key', status_at: 'integer' } } as const;
const UNFILLED = 'SELECT id, agent, owner, tenant, updated_at FROM tasks WHERE id > ? AND status_at IS NULL ORDER BY id LIMIT ?';
const STATUS_EVENTS = `SELECT task_id, created_at, body FROM task_events WHERE (seq = 1 OR body LIKE '{"type":"status.changed"%') AND task_id IN`;
const IN_ORDER = 'ORDER BY task_id, seq';
const BATCH = 200;
