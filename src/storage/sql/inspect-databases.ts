/** The databases that `storage` names, as `hector doctor` sees them: no table is made, no migration runs. */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../../base/clock.js';
import { describeError } from '../../base/errors.js';
import { type Finding, fail, ok, warn } from '../../base/finding.js';
import type { DatabaseSettings, Settings } from '../../config/settings.js';
import { silentLogger } from '../../observe/log.js';
import { inspectClock } from '../redis/inspect-redis.js';
import { mysql } from './dialects/mysql.js';
import { postgres } from './dialects/postgres.js';
import { inspectDocuments } from './inspect-documents.js';
import { migrations } from './migrations/index.js';
import type { Row } from './query.js';

export async function inspectDatabases(
  { storage, databases, rateLimiting, documentStores }: Pick<Settings, 'storage' | 'databases' | 'rateLimiting' | 'documentStores'>,
  clock: Clock,
): Promise<readonly Finding[]> {
  const { tasks, sessions } = storage;
  const used = [storage.database, ...[tasks, sessions].flatMap(({ backend, database }) => (backend === 'sql' ? [database] : []))];
  if (rateLimiting.enabled && rateLimiting.backend === 'sql' && rateLimiting.sqlDatabase !== '') used.push(rateLimiting.sqlDatabase);
  const findings: Finding[] = [];
  for (const name of new Set(used)) {
    const settings = databases[name];
    // Documents are where `storage.database` says.
    const stores = name === storage.database ? Object.keys(documentStores) : [];
    if (settings !== undefined) findings.push(...(await inspect(`Database ${name}`, settings, stores, clock)));
  }
  return findings;
}

async function inspect(check: string, settings: DatabaseSettings, stores: readonly string[], clock: Clock): Promise<readonly Finding[]> {
  try {
    return settings.driver === 'sqlite' ? await inspectFile(check, settings, stores) : await inspectServer(check, settings, stores, clock);
  } catch (error) {
    return [fail(check, describeError(error), 'correct its entry in databases, or start it; the password comes from a variable')];
  }
}

async function inspectServer(
  check: string,
  settings: DatabaseSettings,
  stores: readonly string[],
  clock: Clock,
): Promise<readonly Finding[]> {
  const dialect = settings.driver === 'postgres' ? postgres : mysql;
  const driver = await dialect.open({ ...settings, maxConns: 1, queryTimeoutMs: TIMEOUT_MS }, { keyPath: check, log: silentLogger, clock });
  try {
    const now = settings.driver === 'postgres' ? 'extract(epoch from clock_timestamp())' : 'UNIX_TIMESTAMP(NOW(3))';
    const [row] = await driver.read({ sql: `SELECT ${now} AS seconds, version() AS version`, parameters: [] });
    const theirs = Number(row?.seconds) * 1_000;
    const skew = inspectClock(`${check} clock`, theirs, clock.now());
    const read = async () => (await driver.read({ sql: 'SELECT max(number) AS newest FROM schema_migrations', parameters: [] }))[0]?.newest;
    return [
      ok(check, `${settings.driver}, ${String(row?.version).split(' ').slice(0, 2).join(' ')}`),
      skew,
      await inspectSchema(check, read),
      ...(await inspectDocuments(stores, (sql, parameters) => driver.read({ sql, parameters }))),
    ];
  } finally {
    await driver.close();
  }
}

async function inspectFile(check: string, { database: file }: DatabaseSettings, stores: readonly string[]): Promise<readonly Finding[]> {
  if (file === ':memory:') return [warn(check, 'is in memory: everything is lost with the process', 'name a file')];
  const folder = nearestFolder(dirname(file));
  if (!isWritable(file, folder))
    return [fail(check, `${file} cannot be written by this user`, 'give this user the folder (chown), or name another file in databases')];
  if (NETWORK_FILE_SYSTEMS.has(statfsSync(folder).type))
    return [
      fail(
        check,
        `${file} is on a network file system, where SQLite can lose data`,
        'name a file on a local disk, or take PostgreSQL or MySQL',
      ),
    ];
  if (!existsSync(file)) return [ok(check, `sqlite, ${file}, made by the first start`)];
  const { default: Connection } = await import('better-sqlite3');
  const connection = new Connection(file, { fileMustExist: true, timeout: LOCK_MS });
  try {
    const damage = String(connection.pragma('quick_check(1)', { simple: true }));
    if (damage !== 'ok')
      return [fail(check, `${file} is damaged: ${damage}`, 'restore it from a backup, or save what sqlite3 .recover can read')];
    const read = async () => connection.prepare('SELECT max(number) AS newest FROM schema_migrations').pluck().get();
    return [
      ok(check, `sqlite, ${file}`),
      inspectLock(check, () => connection.exec('BEGIN IMMEDIATE; ROLLBACK')),
      await inspectSchema(check, read),
      ...(await inspectDocuments(stores, async (sql, parameters) => connection.prepare(sql).all(...parameters) as readonly Row[])),
    ];
  } finally {
    connection.close();
  }
}

/** Beside the file SQLite makes others, so it is the folder that counts, too. */
function isWritable(file: string, folder: string): boolean {
  try {
    accessSync(existsSync(file) ? file : folder, constants.R_OK | constants.W_OK);
    accessSync(folder, constants.W_OK);
    return statSync(folder).isDirectory();
  } catch {
    // What is not there cannot be written either.
    return false;
  }
}

function inspectLock(check: string, lock: () => void): Finding {
  try {
    lock();
    return ok(`${check} lock`, 'is free');
  } catch (error) {
    return warn(
      `${check} lock`,
      `was not to be had for ${LOCK_MS / 1_000} s (${describeError(error)})`,
      'end the program that holds it, such as an open sqlite3',
    );
  }
}

async function inspectSchema(check: string, read: () => Promise<unknown>): Promise<Finding> {
  const known = migrations.at(-1)?.number ?? 0;
  // No table yet: the first start makes all of them.
  const newest = Number((await read().catch(() => 0)) ?? 0);
  const name = `${check} schema`;
  if (newest > known)
    return fail(name, `is ${newest}, and this version knows up to ${known}: a newer Hector has used it`, 'run that version');
  if (newest === 0) return ok(name, 'is made by the first start');
  return newest === known
    ? ok(name, `is ${newest}, as this version has it`)
    : warn(name, `is ${newest} and becomes ${known} with the next start`, 'make a backup before');
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

const TIMEOUT_MS = 5_000;
const LOCK_MS = 2_000;
/** Magic numbers of Linux: NFS, SMB, CIFS, SMB2. */
const NETWORK_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42]);
