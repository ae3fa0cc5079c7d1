import type { DatabaseSettings } from '../../../config/settings.js';
import type { Driver, OpenContext, SqlDialect } from './dialect.js';
import { driverCode } from './driver-error.js';
import { openMysqlPool } from './mysql-pool.js';
import { valueLists } from './row-statements.js';
import { createServerDriver } from './server-driver.js';

/** MySQL 8 and MariaDB 10.5 or newer. */
export const mysql: SqlDialect = {
  name: 'mysql',
  columnTypes: {
    key: 'varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    text: 'longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    integer: 'bigint',
    real: 'double',
    bytes: 'longblob',
  },
  inlineIndexes: true,
  tableSuffix: ' ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  migrationLock: {
    acquire: ["SELECT GET_LOCK(CONCAT('hector.', LEFT(SHA2(DATABASE(), 256), 40)), 60)"],
    release: ["SELECT RELEASE_LOCK(CONCAT('hector.', LEFT(SHA2(DATABASE(), 256), 40)))"],
  },
  concurrentGroups: 2,
  rows: valueLists,
  open,
};

async function open(settings: DatabaseSettings, context: OpenContext): Promise<Driver> {
  const pool = await openMysqlPool(settings, context);
  return createServerDriver(pool, { begin: 'START TRANSACTION', isRetryable, clock: context.clock });
}

/** Deadlock, and a unique key that another transaction inserted first: gone on the next try. */
function isRetryable(error: unknown): boolean {
  return ['ER_LOCK_DEADLOCK', 'ER_DUP_ENTRY', 'ER_CHECKREAD'].includes(driverCode(error));
}
