/** What a page of tasks costs does not follow from how many there are. */
import t from 'tap';
import type { Database } from '../../src/storage/sql/database.js';
import type { Query } from '../../src/storage/sql/query.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import type { TaskListFilter } from '../../src/tasks/task-list-store.js';
import { insertManyTasks, OWNER } from '../support/many-tasks.js';
import { forEachDialect } from '../support/temp-database.js';

const BY_OWNER = 'tasks_list_key_state_status_at_id';
const BY_CONTEXT = 'tasks_session_key_state_status_at_id';
const FILTERS: readonly (readonly [filter: Partial<TaskListFilter>, index: string])[] = [
  [{}, BY_OWNER],
  [{ state: 'TASK_STATE_COMPLETED' }, BY_OWNER],
  [{ since: 1_700_000_000_000 }, BY_OWNER],
  [{ contextId: 'c1' }, BY_CONTEXT],
  [{ contextId: 'c1', state: 'TASK_STATE_WORKING', since: 5 }, BY_CONTEXT],
];

forEachDialect(t, async (t, createOpenTemp) => {
  await t.test('a page and a count walk along their index, and look at no task beside it', async (t) => {
    const database = await (await createOpenTemp(t)()).open();
    await insertManyTasks(database, 1_000);
    await insertManyTasks(database, 9_000, 'eve');
    await database.read({ sql: ANALYZE[database.dialect.name], parameters: [] });
    const queries: Query[] = [];
    const read = (query: Query) => {
      queries.push(query);
      return database.read(query);
    };
    const store = new SqlTaskStore({ ...database, read });
    for (const [filter, index] of FILTERS) {
      queries.length = 0;
      const page = await store.listTasks({ ...OWNER, ...filter, limit: 20 });
      const after = page.at(-1) ?? { statusAt: 1_700_000_000_000, id: '' };
      await store.listTasks({ ...OWNER, ...filter, after, limit: 20 });
      await store.countTasks({ ...OWNER, ...filter });
      t.equal(queries.length, 3, 'one statement each');
      for (const query of queries) {
        const plan = await explain(database, query);
        t.match(plan, index, JSON.stringify(filter));
        t.notMatch(plan, WALKS_ALL[database.dialect.name], plan);
      }
    }
  });
});

async function explain(database: Database, { sql, parameters }: Query): Promise<string> {
  const rows = await database.read({ sql: `${EXPLAIN[database.dialect.name]} ${sql}`, parameters });
  return rows.map((row) => Object.values(row).join(' ')).join('\n');
}

const ANALYZE = { sqlite: 'ANALYZE', postgres: 'VACUUM ANALYZE tasks', mysql: 'ANALYZE TABLE tasks' } as const;
const EXPLAIN = { sqlite: 'EXPLAIN QUERY PLAN', postgres: 'EXPLAIN', mysql: 'EXPLAIN' } as const;
/** A scan of the table, or of a whole index of it. */
const WALKS_ALL = { sqlite: /SCAN (tasks|t)\b/, postgres: /Seq Scan on tasks/, mysql: /\b(tasks|t) (null )?(ALL|index) / } as const;
