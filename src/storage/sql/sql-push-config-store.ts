import type {
  DuePushPage,
  PushConfig,
  PushConfigInput,
  PushConfigStore,
  PushProgress,
  SavePushOutcome,
} from '../../tasks/push-config-store.js';
import type { Database } from './database.js';
import { type Program, type Query, type Row, rowsOf, rowsOfAll } from './query.js';
import { hashKey } from './run-log/hash-key.js';
import { isTaskId } from './run-log/rows.js';
import type { PushConfigTable, TaskTable } from './schema.js';

export class SqlPushConfigStore implements PushConfigStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async save(input: PushConfigInput): Promise<SavePushOutcome> {
    if (!isTaskId(input.taskId)) return { type: 'no-task' };
    return await this.#database.transact(() => this.#save(input));
  }

  async find(taskId: string, id: string): Promise<PushConfig | undefined> {
    return isTaskId(taskId) ? await this.findByKey(keyOf(taskId, id)) : undefined;
  }

  async findByKey(key: string): Promise<PushConfig | undefined> {
    return (await this.#read({ sql: BY_KEY, parameters: [key] }))[0];
  }

  async list(taskId: string): Promise<readonly PushConfig[]> {
    return isTaskId(taskId) ? await this.#read({ sql: OF_TASK, parameters: [taskId] }) : [];
  }

  async delete(taskId: string, id: string): Promise<boolean> {
    if (!isTaskId(taskId)) return false;
    const { rows } = this.#database.dialect;
    const key = keyOf(taskId, id);
    return await this.#database.transact(function* () {
      const found = yield* rowsOfAll(rows.select(PLACE, [key], { lock: true }));
      for (const query of rows.remove(TABLE, 'config_key', [key])) yield query;
      return found.length > 0;
    });
  }

  async record({ config, deliveredSeq = config.deliveredSeq, state, failures, nextAttemptAt }: PushProgress): Promise<boolean> {
    const { rows } = this.#database.dialect;
    return await this.#database.transact(function* () {
      const [row] = yield* rowsOfAll<Place>(rows.select(PLACE, [config.key], { lock: true }));
      const isCurrent = row?.revision === config.revision && row.delivered_seq === config.deliveredSeq && row.failures === config.failures;
      if (!isCurrent) return false;
      const activeKey = state === 'active' ? config.key : null;
      for (const query of rows.update(CHANGE, [[config.key, deliveredSeq, state, activeKey, failures, nextAttemptAt]])) yield query;
      return true;
    });
  }

  async due(at: number, limit: number, after = ''): Promise<DuePushPage> {
    const page = (await this.#database.read({ sql: ACTIVE, parameters: [after, limit] })) as readonly unknown[] as readonly ActiveRow[];
    const ready = page.filter(({ next_attempt_at }) => next_attempt_at <= at);
    const ids = [...new Set(ready.map(({ task_id }) => task_id))];
    const queries = this.#database.dialect.rows.select(SEQUENCE, ids, { lock: false });
    const tasks = (await Promise.all(queries.map((query) => this.#database.read(query)))).flat() as readonly unknown[];
    const newest = new Map((tasks as readonly Pick<TaskTable, 'id' | 'seq'>[]).map(({ id, seq }) => [id, seq]));
    return {
      due: ready
        .filter(({ task_id, delivered_seq }) => (newest.get(task_id) ?? 0) > delivered_seq)
        .map(({ config_key, task_id }) => ({ key: config_key, taskId: task_id })),
      next: page.length < limit ? undefined : page.at(-1)?.config_key,
    };
  }

  *#save(input: PushConfigInput): Program<SavePushOutcome> {
    const { rows } = this.#database.dialect;
    const { taskId, id, tenant, url, token, scheme, credentials, wireVersion, at } = input;
    const key = keyOf(taskId, id);
    // Under the task's lock, so that two cannot both be the last one allowed.
    const [task] = yield* rowsOfAll<Pick<TaskTable, 'id' | 'seq'>>(rows.select(SEQUENCE, [taskId], { lock: true }));
    if (task === undefined) return { type: 'no-task' };
    const configs = (yield* rowsOf<PushConfigTable>({ sql: OF_TASK, parameters: [taskId] })).map(toPushConfig);
    const known = configs.find((config) => config.key === key);
    if (known === undefined && configs.length >= input.maxPerTask) return { type: 'too-many' };
    const config: PushConfig = {
      ...{ key, taskId, id, tenant, url, token, scheme, credentials, wireVersion },
      startSeq: known?.startSeq ?? input.startSeq ?? task.seq,
      deliveredSeq: known?.deliveredSeq ?? 0,
      // From the clock, so that a config made anew after a delete is none that a deliverer still holds.
      revision: Math.max((known?.revision ?? 0) + 1, at),
      ...{ state: 'active', failures: 0, nextAttemptAt: 0 },
      createdAt: known?.createdAt ?? at,
    };
    if (known !== undefined) for (const query of rows.remove(TABLE, 'config_key', [key])) yield query;
    for (const query of rows.insert(ROW, [toRow(config)])) yield query;
    return { type: 'saved', config };
  }

  async #read(query: Query): Promise<readonly PushConfig[]> {
    return (await this.#database.read(query)).map((row: Row) => toPushConfig(row as unknown as PushConfigTable));
  }
}

type Place = Pick<PushConfigTable, 'config_key' | 'revision' | 'delivered_seq' | 'failures'>;
type ActiveRow = Pick<PushConfigTable, 'config_key' | 'task_id' | 'delivered_seq' | 'next_attempt_at'>;

function keyOf(taskId: string, id: string): string {
  return hashKey(JSON.stringify([taskId, id]));
}

/** In the order of `ROW`. */
function toRow(config: PushConfig): readonly unknown[] {
  const { key, taskId, id, tenant, url, token, scheme, credentials, wireVersion } = config;
  const { startSeq, deliveredSeq, revision, state, failures, nextAttemptAt, createdAt } = config;
  return [
    ...[key, taskId, id, tenant, url, token, scheme, credentials, wireVersion, startSeq, deliveredSeq, revision, state],
    ...[state === 'active' ? key : null, failures, nextAttemptAt, createdAt],
  ];
}

function toPushConfig(row: PushConfigTable): PushConfig {
  return {
    key: row.config_key,
    taskId: row.task_id,
    id: row.config_id,
    tenant: row.tenant,
    url: row.url,
    token: row.token,
    scheme: row.scheme,
    credentials: row.credentials,
    wireVersion: row.wire_version,
    startSeq: row.start_seq,
    deliveredSeq: row.delivered_seq,
    revision: row.revision,
    state: row.state as PushConfig['state'],
    failures: row.failures,
    nextAttemptAt: row.next_attempt_at,
    createdAt: row.created_at,
  };
}

const TABLE = 'push_configs';
const ROW = {
  table: TABLE,
  columns: {
    config_key: 'key',
    task_id: 'key',
    config_id: 'text',
    tenant: 'text',
    url: 'text',
    token: 'text',
    scheme: 'text',
    credentials: 'text',
    wire_version: 'key',
    start_seq: 'integer',
    delivered_seq: 'integer',
    revision: 'integer',
    state: 'key',
    active_key: 'key',
    failures: 'integer',
    next_attempt_at: 'integer',
    created_at: 'integer',
  },
} as const;
const PLACE = {
  table: TABLE,
  columns: { config_key: 'key', revision: 'integer', delivered_seq: 'integer', failures: 'integer' },
} as const;
const CHANGE = {
  table: TABLE,
  columns: {
    config_key: 'key',
    delivered_seq: 'integer',
    state: 'key',
    active_key: 'key',
    failures: 'integer',
    next_attempt_at: 'integer',
  },
} as const;
const SEQUENCE = { table: 'tasks', columns: { id: 'key', seq: 'integer' } } as const;

const COLUMNS = Object.keys(ROW.columns).join(', ');
const BY_KEY = `SELECT ${COLUMNS} FROM ${TABLE} WHERE config_key = ?`;
const OF_TASK = `SELECT ${COLUMNS} FROM ${TABLE} WHERE task_id = ? ORDER BY created_at, config_key`;
const ACTIVE = `SELECT config_key, task_id, delivered_seq, next_attempt_at FROM ${TABLE} WHERE active_key > ? ORDER BY active_key LIMIT ?`;
