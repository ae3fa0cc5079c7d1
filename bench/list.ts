/**
 * `npm run bench -- list [--tasks 1000,100000,1000000] [--databases sqlite,postgres]`: what a page of ListTasks costs, early and late in
 * the list, with and without filters, by how many tasks there are. The rows are made by SQL; half of them are the caller's.
 */
import { parseArgs } from 'node:util';
import type { Database } from '../src/storage/sql/database.js';
import { SqlTaskStore } from '../src/storage/sql/sql-task-store.js';
import type { TaskListFilter, TaskListPlace } from '../src/tasks/task-list-store.js';
import { insertManyTasks, OWNER } from '../test/support/many-tasks.js';
import { createOnServer, createSqlite } from '../test/support/temp-database.js';
import { findSkipReason, type ServerDialect, stopTestServers } from '../test/support/test-servers.js';

const PAGE = 50;
const CALLS = 200;
const FILTERS: readonly (readonly [name: string, filter: Partial<TaskListFilter>])[] = [
  ['no filter', {}],
  ['by state', { state: 'TASK_STATE_FAILED' }],
  ['by context', { contextId: 'c1' }],
  ['by time', { since: 1_700_000_000_500 }],
];
const ANALYZE = { sqlite: 'ANALYZE', postgres: 'VACUUM ANALYZE tasks', mysql: 'ANALYZE TABLE tasks' } as const;

const { values } = parseArgs({
  options: { tasks: { type: 'string', default: '1000,100000' }, databases: { type: 'string', default: 'sqlite,postgres' } },
});
const sizes = values.tasks.split(',').map(Number);
try {
  for (const name of values.databases.split(',')) {
    const reason = name === 'sqlite' ? undefined : findSkipReason(name as ServerDialect);
    if (reason !== undefined) {
      console.log(`\n${name}: left out, ${reason}`);
      continue;
    }
    const firsts = new Map<string, number>();
    for (const size of sizes) await measure(name, size, firsts);
  }
} finally {
  await stopTestServers();
}

async function measure(name: string, size: number, firsts: Map<string, number>): Promise<void> {
  const disposals: (() => unknown)[] = [];
  const t = { teardown: (dispose: () => unknown) => disposals.unshift(dispose) };
  try {
    const temp = await (name === 'sqlite' ? createSqlite(t) : createOnServer(t, name as ServerDialect));
    const database = await temp.open();
    await insertManyTasks(database, size / 2);
    await insertManyTasks(database, size / 2, 'eve');
    await database.read({ sql: ANALYZE[database.dialect.name], parameters: [] });
    console.log(`\n${name}, ${size.toLocaleString('en')} tasks: pages of ${PAGE}, median of ${CALLS} calls`);
    for (const [filterName, filter] of FILTERS) {
      for (const [place, after] of await placesOf(database, { ...OWNER, ...filter })) {
        const { ms, rows } = await measurePage(database, { ...OWNER, ...filter }, after);
        const key = `${filterName}, ${place}`;
        firsts.set(key, firsts.get(key) ?? ms);
        console.log(
          `  ${key.padEnd(24)} ${ms.toFixed(2)} ms for ${String(rows).padStart(2)} (×${(ms / (firsts.get(key) as number)).toFixed(2)} of the smallest)`,
        );
      }
    }
    const startedAt = performance.now();
    const count = await new SqlTaskStore(database).countTasks(OWNER);
    console.log(`  ${'totalSize, first page only'.padEnd(24)} ${(performance.now() - startedAt).toFixed(1)} ms for ${count}`);
  } finally {
    for (const dispose of disposals) await dispose();
  }
}

/** The front of the list, and a place behind nine tenths of it. */
async function placesOf(database: Database, filter: TaskListFilter): Promise<readonly (readonly [string, TaskListPlace | undefined])[]> {
  const store = new SqlTaskStore(database);
  const deep = Math.floor((await store.countTasks(filter)) * 0.9);
  let after: TaskListPlace | undefined;
  for (let passed = 0; passed < deep; ) {
    const page = await store.listTasks({ ...filter, limit: Math.min(5_000, deep - passed), ...(after === undefined ? {} : { after }) });
    passed += page.length;
    after = page.at(-1);
  }
  return [
    ['first page', undefined],
    ['deep page', after],
  ];
}

async function measurePage(
  database: Database,
  filter: TaskListFilter,
  after: TaskListPlace | undefined,
): Promise<{ readonly ms: number; readonly rows: number }> {
  const store = new SqlTaskStore(database);
  const times: number[] = [];
  let rows = 0;
  for (let call = 0; call < CALLS; call++) {
    const startedAt = performance.now();
    const page = await store.listTasks({ ...filter, limit: PAGE, ...(after === undefined ? {} : { after }) });
    await store.eventsOfTasks(page, { artifacts: false });
    rows = page.length;
    times.push(performance.now() - startedAt);
  }
  return { ms: times.sort((a, b) => a - b)[CALLS / 2] as number, rows };
}
