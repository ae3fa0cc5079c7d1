/** Every run of a database in any dialect, read past all of Hector's code. */
import Database from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { DatabaseSettings } from '../../../src/config/settings.js';
import type { LoggedEvent } from '../read-run-log.js';

export interface TimedEvent extends LoggedEvent {
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface StoredMessage {
  readonly role: string;
  readonly parts: readonly { readonly type: string; readonly id?: string; readonly callId?: string; readonly isError?: boolean }[];
}

export interface StoredRun {
  readonly id: string;
  readonly state: string;
  readonly epoch: number;
  readonly step: number;
  readonly seq: number;
  readonly configVersion: string;
  /** Key of the agent that it began with. */
  readonly agent: string;
  /** The run that waits for it; '' for one that a client started. */
  readonly parentId: string;
  readonly events: readonly TimedEvent[];
  readonly messages: readonly StoredMessage[];
}

type Row = Record<string, string | number>;

export async function readStoredRuns(settings: DatabaseSettings): Promise<ReadonlyMap<string, StoredRun>> {
  const [tasks = [], events = [], messages = []] = await queryAll(settings, [
    'select id, state, epoch, step, seq, config_version, agent, parent_id from tasks',
    'select task_id, seq, epoch, created_at, body from task_events order by task_id, seq',
    'select task_id, body from session_messages order by session_id, turn, position',
  ]);
  const eventsOf = groupByTask(events);
  const messagesOf = groupByTask(messages);
  return new Map(
    tasks.map((task) => {
      const id = String(task['id']);
      const run: StoredRun = {
        id,
        state: String(task['state']),
        epoch: Number(task['epoch']),
        step: Number(task['step']),
        seq: Number(task['seq']),
        configVersion: String(task['config_version']),
        agent: String(task['agent']),
        parentId: String(task['parent_id'] ?? ''),
        events: (eventsOf.get(id) ?? []).map((row) => ({
          seq: Number(row['seq']),
          epoch: Number(row['epoch']),
          at: Number(row['created_at']),
          body: JSON.parse(String(row['body'])) as TimedEvent['body'],
        })),
        messages: (messagesOf.get(id) ?? []).map((row) => JSON.parse(String(row['body'])) as StoredMessage),
      };
      return [id, run];
    }),
  );
}

/** Texts by version. */
export async function readConfigVersions(settings: DatabaseSettings): Promise<ReadonlyMap<string, string>> {
  const [rows = []] = await queryAll(settings, ['select version, body from config_versions']);
  return new Map(rows.map((row) => [String(row['version']), String(row['body'])]));
}

/** Ids of the tasks that a worker has, dead or alive. */
export async function readTakenTasks(settings: DatabaseSettings): Promise<ReadonlySet<string>> {
  const [rows = []] = await queryAll(settings, ["select id from tasks where worker <> ''"]);
  return new Set(rows.map(({ id }) => String(id)));
}

function groupByTask(rows: readonly Row[]): ReadonlyMap<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const id = String(row['task_id']);
    const group = groups.get(id) ?? [];
    groups.set(id, group);
    group.push(row);
  }
  return groups;
}

async function queryAll(settings: DatabaseSettings, statements: readonly string[]): Promise<Row[][]> {
  const { host, port, database, username: user, password } = settings;
  switch (settings.driver) {
    case 'sqlite': {
      const file = new Database(database, { readonly: true, timeout: 10_000 });
      try {
        return file.transaction(() => statements.map((statement) => file.prepare(statement).all() as Row[]))();
      } finally {
        file.close();
      }
    }
    case 'postgres': {
      const client = new pg.Client({ host, port, database, user, password });
      await client.connect();
      try {
        const results: Row[][] = [];
        for (const statement of statements) results.push((await client.query(statement)).rows as Row[]);
        return results;
      } finally {
        await client.end();
      }
    }
    case 'mysql': {
      const connection = await createConnection({ host, port, database, user, password });
      try {
        const results: Row[][] = [];
        for (const statement of statements) results.push((await connection.query(statement))[0] as Row[]);
        return results;
      } finally {
        await connection.end();
      }
    }
  }
}
