/** What a page of ListTasks costs, by how many tasks there are. */
import type { Database } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import type { TaskListFilter, TaskListPlace } from '../../src/tasks/task-list-store.js';
import { insertManyTasks, OWNER } from '../../test/support/many-tasks.js';
import { createOnServer, createSqlite } from '../../test/support/temp-database.js';
import { findSkipReason, type ServerDialect, stopTestServers } from '../../test/support/test-servers.js';
import type { Line, Measurement } from '../frame/measurement.js';

const PAGE = 50;
const CALLS = 100;
const FILTERS: readonly (readonly [name: string, filter: Partial<TaskListFilter>])[] = [
  ['no filter', {}],
  ['by state', { state: 'TASK_STATE_FAILED' }],
  ['by context', { contextId: 'c1' }],
  ['by time', { since: 1_700_000_000_500 }],
];
const ANALYZE = { sqlite: 'ANALYZE', postgres: 'VACUUM ANALYZE tasks', mysql: 'ANALYZE TABLE tasks' } as const;

export const list: Measurement = {
  name: 'list',
  budgetSeconds: { full: 60, quick: 6 },
  rows: [
    {
      name: 'list-page',
      question: 'What does a page of ListTasks cost, early and late in the list, by how many tasks there are?',
      method:
        'Rows of tasks made by SQL (--tasks 1000,100000; --databases sqlite,postgres), half of them the caller’s; a page of 50 with its logs, read by the store itself; the median of 100 calls is a repeat. Ratios are to the smallest table, where a filter may find less than a page. The first call of each kind warms up.',
      unit: 'ms',
      better: 'lower',
    },
    {
      name: 'list-total',
      question: 'What does counting all tasks of a caller cost, which only first pages do?',
      method: 'Once per table: this is the one part that grows.',
      unit: 'ms',
      better: 'lower',
    },
  ],
  async measure(run) {
    const sizes = (run.options['tasks'] ?? (run.isQuick ? '1000,10000' : '1000,100000')).split(',').map(Number);
    const lines: Line[] = [];
    try {
      for (const name of (run.options['databases'] ?? (run.isQuick ? 'sqlite' : 'sqlite,postgres')).split(',')) {
        const reason = name === 'sqlite' ? undefined : findSkipReason(name as ServerDialect);
        if (reason !== undefined) {
          run.say(`${name}: left out, ${reason}`);
          continue;
        }
        for (const size of sizes) lines.push(...(await measure({ name, size, least: sizes[0] as number, repeats: run.repeats })));
      }
    } finally {
      await stopTestServers();
    }
    return lines;
  },
};

interface Table {
  readonly name: string;
  readonly size: number;
  /** The smallest table, which the others are compared with. */
  readonly least: number;
  readonly repeats: number;
}

async function measure({ name, size, least, repeats }: Table): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const add = (row: string, key: string, ms: readonly number[], also?: Line['also']) =>
    lines.push({
      row,
      target: `${name}, ${size.toLocaleString('en')}: ${key}`,
      repeats: ms,
      comparedWith: size === least ? undefined : `${name}, ${least.toLocaleString('en')}: ${key}`,
      also,
    });
  const disposals: (() => unknown)[] = [];
  const t = { teardown: (dispose: () => unknown) => disposals.unshift(dispose) };
  try {
    const temp = await (name === 'sqlite' ? createSqlite(t) : createOnServer(t, name as ServerDialect));
    const database = await temp.open();
    await insertManyTasks(database, size / 2);
    await insertManyTasks(database, size / 2, 'eve');
    await database.read({ sql: ANALYZE[database.dialect.name], parameters: [] });
    for (const [filterName, filter] of FILTERS) {
      for (const [place, after] of await placesOf(database, { ...OWNER, ...filter })) {
        const pages = [];
        for (let repeat = 0; repeat < repeats; repeat++) pages.push(await measurePage(database, { ...OWNER, ...filter }, after));
        add(
          'list-page',
          `${filterName}, ${place}`,
          pages.map(({ ms }) => ms),
          { tasks: pages[0]?.rows ?? 0 },
        );
      }
    }
    const startedAt = performance.now();
    const count = await new SqlTaskStore(database).countTasks(OWNER);
    add('list-total', 'count', [performance.now() - startedAt], { counted: count });
    return lines;
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
