/**
 * Opens the databases that `storage` names, each once, and the stores over them (CFG-75, SES-10).
 *
 * Owns: which store lives in which database. Does not own: the databases' closing, which `closers` does in reverse order.
 */
import type { Clock } from '../../base/clock.js';
import type { Closers } from '../../base/closers.js';
import { AppError } from '../../base/errors.js';
import type { DatabaseSettings, Settings } from '../../config/settings.js';
import type { Logger } from '../../observe/log.js';
import { type Metrics, silentMetrics } from '../../observe/meter.js';
import { type Database, openDatabase } from './database.js';
import { SqlLeftStores } from './ingest/sql-left-stores.js';
import { createKnowledgeStore } from './knowledge-store.js';
import { isSameDatabase } from './same-database.js';
import { SessionTransfer } from './session-transfer.js';
import { SqlConfigVersionStore } from './sql-config-version-store.js';
import { SqlEmbeddingStore } from './sql-embedding-store.js';
import { SqlIngestRunStore } from './sql-ingest-run-store.js';
import { SqlPushConfigStore } from './sql-push-config-store.js';
import { SqlRateWindows } from './sql-rate-windows.js';
import { SqlRecallStore } from './sql-recall-store.js';
import { SqlSessionStore } from './sql-session-store.js';
import { SqlTaskStore } from './sql-task-store.js';

export interface OpenStoresOptions {
  readonly settings: Pick<Settings, 'storage' | 'databases'> & Partial<Pick<Settings, 'rateLimiting'>>;
  /** Of this process. */
  readonly roles: ReadonlySet<string>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly closers: Closers;
  /** Default: nobody counts. */
  readonly metrics?: Metrics;
}

export interface Stores {
  readonly tasks: SqlTaskStore;
  readonly versions: SqlConfigVersionStore;
  readonly pushConfigs: SqlPushConfigStore;
  readonly sessions: SqlSessionStore;
  readonly recall: SqlRecallStore;
  readonly chunkStore: ReturnType<typeof createKnowledgeStore>;
  readonly embeddings: SqlEmbeddingStore;
  /** In the database of the chunks: both are written together. */
  readonly ingestRuns: SqlIngestRunStore;
  readonly leftStores: SqlLeftStores;
  /** With `rate_limiting.backend: sql`. */
  readonly rateWindows: SqlRateWindows | undefined;
  /** The keeper calls its `tick()` every few seconds; `undefined` while tasks and sessions share a database. */
  readonly sessionTransfer: SessionTransfer | undefined;
}

/** @throws AppError `CONFIG_INVALID` with the key and the cure, and what `openDatabase` throws. */
export async function openStores({ settings, roles, log, clock, closers, metrics = silentMetrics }: OpenStoresOptions): Promise<Stores> {
  const { storage, databases } = settings;
  const opened = new Map<string, Database>();
  metrics.watch(['db_connections_open', 'db_connections_idle'], () => {
    for (const [database, { connections }] of opened) {
      const { open: count, idle } = connections();
      metrics.set('db_connections_open', { database }, count);
      metrics.set('db_connections_idle', { database }, idle);
    }
  });
  const open = async (name: string, keyPath: string, database = databases[name]): Promise<Database> => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    if (database === undefined) throw new AppError('CONFIG_INVALID', { message: `${keyPath}: there is no database '${name}'` });
    const fresh = await openDatabase(database, { name, log, clock, metrics });
    closers.add(() => fresh.close());
    opened.set(name, fresh);
    return fresh;
  };
  const knowledge = await open(storage.database, 'storage.database');
  const chunkStore = createKnowledgeStore(knowledge);
  const embeddings = new SqlEmbeddingStore(knowledge);
  const ingestRuns = new SqlIngestRunStore(knowledge);
  const leftStores = new SqlLeftStores(knowledge);
  const { enabled, backend, sqlDatabase = '' } = settings.rateLimiting ?? {};
  const rateWindows =
    enabled === true && backend === 'sql'
      ? new SqlRateWindows(await open(sqlDatabase || storage.database, 'rate_limiting.sql_database'), clock)
      : undefined;
  // The configuration has the same for sessions.
  if (storage.tasks.backend === 'inmemory') {
    assertAlone(roles);
    const runs = await openDatabase(IN_MEMORY, { name: 'inmemory', log, clock, metrics });
    closers.add(() => runs.close());
    log.warn('storage.tasks.backend is inmemory: tasks and sessions are lost when this process ends');
    return {
      tasks: new SqlTaskStore(runs, undefined, clock),
      versions: new SqlConfigVersionStore(runs),
      pushConfigs: new SqlPushConfigStore(runs),
      sessions: new SqlSessionStore(runs),
      recall: new SqlRecallStore(runs),
      chunkStore,
      embeddings,
      ingestRuns,
      leftStores,
      rateWindows,
      sessionTransfer: undefined,
    };
  }
  const runs = await open(storage.tasks.database, 'storage.tasks.database');
  const versions = new SqlConfigVersionStore(runs);
  const pushConfigs = new SqlPushConfigStore(runs);
  const sessions = await open(storage.sessions.database, 'storage.sessions.database');
  const shared = { versions, pushConfigs, chunkStore, embeddings, ingestRuns, leftStores, rateWindows };
  if (sessions === runs || (await isSameDatabase(runs, sessions, clock))) {
    const tasks = new SqlTaskStore(runs, undefined, clock);
    return { ...shared, tasks, sessions: new SqlSessionStore(runs), recall: new SqlRecallStore(runs), sessionTransfer: undefined };
  }
  const transfer = new SessionTransfer({ runs, sessions, clock, log });
  closers.add(() => transfer.close());
  return {
    ...shared,
    tasks: new SqlTaskStore(runs, { sessions, transfer }, clock),
    sessions: new SqlSessionStore(runs, sessions),
    recall: new SqlRecallStore(runs, sessions),
    sessionTransfer: transfer,
  };
}

/** A process that takes no part in runs, such as one that only ingests, needs nothing of them. */
function assertAlone(roles: ReadonlySet<string>): void {
  const missing = RUN_ROLES.filter((role) => !roles.has(role));
  if (missing.length === 0 || missing.length === RUN_ROLES.length) return;
  throw new AppError('CONFIG_INVALID', {
    message: `storage.tasks.backend is inmemory, so one process must hold the roles ${RUN_ROLES.join(', ')}; this one lacks ${missing.join(', ')}. Start it with all roles, or set storage.tasks.backend to sql`,
  });
}

const RUN_ROLES = ['front', 'agent', 'keeper'];

const IN_MEMORY: DatabaseSettings = {
  driver: 'sqlite',
  url: '',
  host: '',
  port: 0,
  database: ':memory:',
  username: '',
  password: '',
  sslMode: 'disable',
  maxConns: 1,
  maxIdle: 1,
  queryTimeoutMs: 30_000,
};
