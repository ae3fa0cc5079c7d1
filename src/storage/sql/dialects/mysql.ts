import { AppError } from '../../../base/errors.js';
import type { DatabaseSettings } from '../../../config/settings.js';
import { patient, rowsOf } from '../query.js';
import { chunkWordFullText } from './chunk-word-index.js';
import type { Driver, OpenContext, SqlDialect } from './dialect.js';
import { driverCode } from './driver-error.js';
import { openMysqlPool } from './mysql-pool.js';
import { valueLists } from './row-statements.js';
import { createServerDriver } from './server-driver.js';
import { fullTextIndex } from './word-index.js';

/** MySQL 8 and MariaDB 10.5 or newer. */
export const mysql: SqlDialect = {
  name: 'mysql',
  columnTypes: {
    key: 'varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    text: 'longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    integer: 'bigint',
    serial: 'bigint AUTO_INCREMENT',
    real: 'double',
    bytes: 'longblob',
  },
  inlineIndexes: true,
  tableSuffix: ' ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  migrationLock: {
    *acquire() {
      const [row] = yield* rowsOf<{ locked: number | null }>(patient(`SELECT GET_LOCK(${LOCK_NAME}, ${LOCK_WAIT_SECONDS}) AS locked`));
      if (row?.locked === 1) return;
      const reason = row?.locked === 0 ? `another process held it for ${LOCK_WAIT_SECONDS} s` : 'the server could not give it';
      throw new AppError('DATABASE_BUSY', {
        retryAfterMs: 1_000,
        message: `The lock for migrations was not to be had: ${reason}. See to it that no other Hector is stuck starting on this database, then start again`,
      });
    },
    *release() {
      yield patient(`SELECT RELEASE_LOCK(${LOCK_NAME})`);
    },
  },
  catalogue: {
    column: 'SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?',
    index: 'SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? AND index_name = ? LIMIT 1',
  },
  rewritesNamedColumns: false,
  concurrentGroups: 2,
  rows: valueLists,
  wordIndex: fullTextIndex,
  chunkWordIndex: chunkWordFullText,
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

/** One per database of the server. */
const LOCK_NAME = "CONCAT('hector.', LEFT(SHA2(DATABASE(), 256), 40))";
const LOCK_WAIT_SECONDS = 60;
