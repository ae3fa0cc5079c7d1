/** Whether requests cost more on a server that has a million tasks. */
import Connection from 'better-sqlite3';
import type { Line, Measurement, Run } from '../frame/measurement.js';
import type { LoadKind } from '../load/load-options.js';
import { runLoad } from '../load/run-load.js';
import { hectorTarget } from '../targets/hector.js';
import type { RunningTarget } from '../targets/target.js';
import { sendOne } from './send-one.js';

export const stored: Measurement = {
  name: 'stored',
  budgetSeconds: { full: 0, quick: 0 },
  rows: [
    {
      name: 'growth-stored',
      question: 'What does a request cost when a thousand tasks are stored, and when a million are?',
      method:
        'A thousand messages are sent to Hector on SQLite, then the rows of all of their tables are copied under other ids and earlier times until there are as many as wanted (--stored 1000000). Closed loops of 32 connections before and after: a blocking SendMessage, GetTask of one old task, a page of 20 tasks of the caller that has them all. CPU time of Hector and its Redis.',
      unit: 'CPU µs',
      better: 'lower',
    },
  ],
  async measure(run) {
    const server = await hectorTarget().start();
    try {
      for (let sent = 0; sent < TEMPLATES; sent += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, () => sendOne(server.url)));
      const few = await measureAt(run, server, TEMPLATES);
      const wanted = Number(run.options['stored'] ?? 1_000_000);
      copyTasks(server.databasePath as string, wanted / TEMPLATES - 1);
      return [...few, ...(await measureAt(run, server, wanted))];
    } finally {
      await server.close();
    }
  },
};

async function measureAt(run: Run, { url, pids }: RunningTarget, tasks: number): Promise<readonly Line[]> {
  const id = await sendOne(url);
  const kinds: readonly (readonly [name: string, kind: LoadKind])[] = [
    ['GetTask', { type: 'call', method: 'GetTask', params: { id } }],
    ['ListTasks', { type: 'call', method: 'ListTasks', params: { pageSize: 20 } }],
    // Last: it leaves tasks behind.
    ['SendMessage', { type: 'send' }],
  ];
  const lines: Line[] = [];
  for (const [name, kind] of kinds) {
    const arrivals = { type: 'concurrency', connections: 32 } as const;
    const figures = await runLoad({ url, kind, arrivals, pids, warmUpSeconds: run.warmUpSeconds, seconds: run.seconds });
    lines.push({
      row: 'growth-stored',
      target: `${name}, ${tasks.toLocaleString('en')} stored`,
      repeats: [(figures.cpuMs * 1_000) / figures.requests],
      comparedWith: tasks === TEMPLATES ? undefined : `${name}, ${TEMPLATES.toLocaleString('en')} stored`,
      also: { 'per second': Math.round(figures.perSecond) },
    });
  }
  return lines;
}

/** Every id gets other first digits, as of another time. */
function copyTasks(path: string, copies: number): void {
  const database = new Connection(path, { timeout: 60_000 });
  try {
    database.pragma('synchronous = OFF');
    for (const table of TABLES) database.exec(`CREATE TEMP TABLE copied_${table} AS SELECT * FROM main.${table}`);
    for (let copy = 1; copy <= copies; copy += COPIES_AT_ONCE)
      database.transaction(() => {
        for (const table of TABLES) {
          const columns = (database.pragma(`table_info(${table})`) as { readonly name: string }[]).map(({ name }) => name);
          const changed = columns.map((name) =>
            IDS.has(name) ? `printf('%08x', copy.n) || substr(${name}, 9)` : TIMES.has(name) ? `${name} - copy.n * 1000` : name,
          );
          database
            .prepare(
              `WITH RECURSIVE copy(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM copy WHERE n < ?)
               INSERT INTO main.${table} (${columns.join(', ')}) SELECT ${changed.join(', ')} FROM copy, copied_${table}`,
            )
            .run(copy, Math.min(copies, copy + COPIES_AT_ONCE - 1));
        }
      })();
  } finally {
    database.close();
  }
}

const TEMPLATES = 1_000;
const AT_ONCE = 50;
const COPIES_AT_ONCE = 10;
const TABLES = ['sessions', 'tasks', 'task_events', 'session_messages', 'accepted_messages'] as const;
const IDS: ReadonlySet<string> = new Set(['id', 'task_id', 'session_id', 'open_session', 'session_key', 'context_id', 'dedupe_key']);
const TIMES: ReadonlySet<string> = new Set(['created_at', 'updated_at', 'status_at', 'ended_at', 'whole_since', 'runnable_since']);
