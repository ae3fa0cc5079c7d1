import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { AppError } from '../../../base/errors.js';
import type { DatabaseSettings } from '../../../config/settings.js';
import { chunkWordTable } from './chunk-word-index.js';
import type { Driver, OpenContext, SqlDialect } from './dialect.js';
import { driverCode } from './driver-error.js';
import { rowByRow } from './row-statements.js';
import { LOCK_WAIT_MS, retryWhileBusy, SqliteDriver } from './sqlite-driver.js';
import { sqliteError } from './sqlite-error.js';
import { WalSync } from './wal-sync.js';
import { fullTextTable } from './word-index.js';

export const sqlite: SqlDialect = {
  name: 'sqlite',
  columnTypes: { key: 'TEXT', text: 'TEXT', integer: 'INTEGER', serial: 'INTEGER', real: 'REAL', bytes: 'BLOB' },
  inlineIndexes: false,
  tableSuffix: '',
  // The transaction around the migrations already is the one writer.
  migrationLock: { *acquire() {}, *release() {} },
  catalogue: {
    column: 'SELECT 1 FROM pragma_table_info(?) WHERE name = ?',
    index: 'SELECT 1 FROM pragma_index_list(?) WHERE name = ?',
  },
  rewritesNamedColumns: true,
  concurrentGroups: 1,
  lockWaitMs: LOCK_WAIT_MS,
  rows: rowByRow,
  wordIndex: fullTextTable,
  chunkWordIndex: chunkWordTable,
  open,
};

async function open(settings: DatabaseSettings, { keyPath, clock }: OpenContext): Promise<Driver> {
  const inMemory = settings.database === ':memory:';
  const path = inMemory ? ':memory:' : resolve(settings.database);
  const label = `${keyPath}: the database ${path}`;
  if (!inMemory) {
    createFolder(dirname(path), keyPath);
    createFile(path, keyPath);
  }
  const { default: Connection } = await import('better-sqlite3');
  const connections: Sqlite.Database[] = [];
  const connect = (): Promise<Sqlite.Database> =>
    retryWhileBusy(clock, label, () => {
      const connection = new Connection(path, { timeout: 0 });
      try {
        for (const pragma of PRAGMAS) connection.pragma(pragma);
      } catch (error) {
        connection.close();
        throw error;
      }
      connections.push(connection);
      return connection;
    });
  try {
    const writer = await connect();
    const reader = inMemory ? writer : await connect();
    return new SqliteDriver({ writer, reader, wal: inMemory ? undefined : new WalSync(`${path}-wal`), label, clock });
  } catch (error) {
    for (const connection of connections) connection.close();
    throw sqliteError(error, label);
  }
}

function createFolder(folder: string, keyPath: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new AppError('STATE_FOLDER_UNUSABLE', {
      cause,
      message: `${keyPath}: the folder ${folder} cannot be created; name one that this user may write to`,
    });
  }
}

/**
 * Conversations are in it, so it is for this user alone; SQLite gives the log and the index beside it the file's own mode.
 * One that exists is not opened: closing that descriptor would drop the locks of another connection in this process.
 */
function createFile(path: string, keyPath: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (cause) {
    if (driverCode(cause) === 'EEXIST') return;
    throw new AppError('STATE_FOLDER_UNUSABLE', {
      cause,
      message: `${keyPath}: the file ${path} cannot be created; name one in a folder that this user may write to`,
    });
  }
}

const PRAGMAS = [
  // Readers and the writer do not wait for each other.
  'journal_mode = WAL',
  // What a power cut could take back is on the disk before anybody hears of it: `WalSync`.
  'synchronous = NORMAL',
  'foreign_keys = ON',
  'cache_size = -16000',
  'temp_store = MEMORY',
  // Pages that every commit changes are copied out of the log once in 16 MB, not in 4.
  'wal_autocheckpoint = 4000',
];
