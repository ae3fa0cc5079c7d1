/** Opens a database that documents come from: what only reads, and needs none of our tables. */
import type { Clock } from '../../../base/clock.js';
import type { OpenSqlReader } from '../../../knowledge/sources/sql/sql-reader.js';
import { openMysqlReader } from './mysql-reader.js';
import { openPostgresReader } from './postgres-reader.js';
import { openSqliteReader } from './sqlite-reader.js';

export function createOpenSqlReader(clock: Clock): OpenSqlReader {
  return async (settings, name) => await OPENERS[settings.driver](settings, { keyPath: `databases.${name}`, clock });
}

const OPENERS = { sqlite: openSqliteReader, postgres: openPostgresReader, mysql: openMysqlReader };
