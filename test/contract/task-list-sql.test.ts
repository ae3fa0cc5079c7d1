/** Lists of tasks in SQL: what a page costs does not follow from how many there are, and what was deleted does not trouble it. */
import t from 'tap';
import { listTasks } from '../../src/a2a/list-tasks.js';
import type { OperationCall } from '../../src/a2a/operation-call.js';
import { RecentTasks } from '../../src/a2a/recent-tasks.js';
import { isoTime, systemClock } from '../../src/base/clock.js';
import type { TaskState } from '../../src/protocol/a2a.js';
import type { Database } from '../../src/storage/sql/database.js';
import type { Query } from '../../src/storage/sql/query.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import type { TaskListFilter } from '../../src/tasks/task-list-store.js';
import { insertManyTasks, OWNER } from '../support/many-tasks.js';
import { acceptNew, sampleArtifact, sampleCommit } from '../support/run-log-samples.js';
import { forEachDialect } from '../support/temp-database.js';
import { agentSettings } from '../support/test-settings.js';

const CALL: OperationCall = {
  agent: OWNER.agent,
  agentSettings: agentSettings(),
  principal: { subject: OWNER.owner, authenticated: true },
  tenant: '',
  baseUrl: 'http://127.0.0.1',
  signal: new AbortController().signal,
  extensions: new Set(),
  lastEventId: undefined,
};

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
      if (database.dialect.name !== 'sqlite') t.equal(queries.length, 3, 'one statement each');
      for (const query of queries) {
        const plan = await explain(database, query);
        t.match(plan, index, JSON.stringify(filter));
        t.notMatch(plan, WALKS_ALL[database.dialect.name], plan);
      }
    }
  });

  await t.test('many tasks are counted to the last one (L4)', async (t) => {
    const database = await (await createOpenTemp(t)()).open();
    await insertManyTasks(database, 25_000);
    const store = new SqlTaskStore(database);
    t.equal(await store.countTasks(OWNER), 25_000);
    t.equal(await store.countTasks({ ...OWNER, contextId: 'c1' }), 2_500);
    t.equal(await store.countTasks({ ...OWNER, state: 'TASK_STATE_COMPLETED' }), 24_475);
    t.equal(await store.countTasks({ ...OWNER, since: 1_700_000_000_000 + 15_000 }), 20_000);
  });

  await t.test('a task whose log retention has shortened is listed as it is read, one that is deleted is gone (L1)', async (t) => {
    const store = new SqlTaskStore(await (await createOpenTemp(t)()).open());
    const ids: string[] = [];
    for (const at of [1_000, 2_000, 3_000]) {
      const { id } = await acceptNew(store, { at, metadata: { purpose: 'test' } });
      const taken = await store.take(id, at);
      if (taken.type !== 'taken') throw new Error(taken.type);
      const events = [sampleArtifact('answer'), { type: 'status.changed', status: statusAt('TASK_STATE_COMPLETED', at) }] as const;
      await store.commit(sampleCommit(taken.task, 'TASK_STATE_COMPLETED', { events, at }));
      ids.push(id);
    }
    t.equal(await store.deleteEvents(2_500, 10), 2);
    t.equal(await store.deleteTasks(1_500, 10), 1);
    const { tasks, totalSize } = await listTasks({ store, recent: new RecentTasks(systemClock) }, { includeArtifacts: true }, CALL);
    t.equal(totalSize, 2);
    t.same(
      tasks.map((task) => [task.id, task.status.state, task.status.timestamp, task.artifacts?.length]),
      [
        [ids[2], 'TASK_STATE_COMPLETED', '1970-01-01T00:00:03.000Z', 1],
        [ids[1], 'TASK_STATE_COMPLETED', '1970-01-01T00:00:02.000Z', 0],
      ],
    );
    for (const { metadata } of tasks) t.same(metadata, { purpose: 'test' });
  });

  await t.test('a token of one instance is read by another, also after all of them started anew (L2)', async (t) => {
    const of = (database: Database) => ({ store: new SqlTaskStore(database), recent: new RecentTasks(systemClock) });
    const temp = await createOpenTemp(t)();
    const first = await temp.open();
    for (let index = 0; index < 4; index++) await acceptNew(new SqlTaskStore(first));
    const page = await listTasks(of(first), { pageSize: 3 }, CALL);
    await first.close();
    const next = await listTasks(of(await temp.open()), { pageToken: page.nextPageToken }, CALL);
    t.equal(new Set([...page.tasks, ...next.tasks].map(({ id }) => id)).size, 4);
    t.equal(next.nextPageToken, '');
  });
});

function statusAt(state: TaskState, at: number) {
  return { state, timestamp: isoTime(at) };
}

async function explain(database: Database, { sql, parameters }: Query): Promise<string> {
  const rows = await database.read({ sql: `${EXPLAIN[database.dialect.name]} ${sql}`, parameters });
  return rows.map((row) => Object.values(row).join(' ')).join('\n');
}

const ANALYZE = { sqlite: 'ANALYZE', postgres: 'VACUUM ANALYZE tasks', mysql: 'ANALYZE TABLE tasks' } as const;
const EXPLAIN = { sqlite: 'EXPLAIN QUERY PLAN', postgres: 'EXPLAIN', mysql: 'EXPLAIN' } as const;
/** A scan of the table, or of a whole index of it. */
const WALKS_ALL = { sqlite: /SCAN (tasks|t)\b/, postgres: /Seq Scan on tasks/, mysql: /\b(tasks|t) (null )?(ALL|index) / } as const;
