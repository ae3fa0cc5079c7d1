import { AppError } from '../../../base/errors.js';
import { driverCode } from './driver-error.js';

/** Errors of the file below the database, with their cure; everything else passes unchanged. */
export function sqliteError(cause: unknown, label: string): unknown {
  const code = driverCode(cause);
  if (isOneOf(code, ['SQLITE_NOTADB', 'SQLITE_CORRUPT'])) {
    return new AppError('DATABASE_SCHEMA', {
      cause,
      message: `${label} is not a readable SQLite file; restore it from a backup, or move it away to start empty`,
    });
  }
  if (isOneOf(code, ['SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_IOERR', 'SQLITE_PERM'])) {
    return new AppError('STATE_FOLDER_UNUSABLE', {
      cause,
      message: `${label} cannot be opened for reading and writing; this process needs both rights on the file and on its folder`,
    });
  }
  if (isOneOf(code, ['SQLITE_FULL']))
    return new AppError('DATABASE_UNAVAILABLE', { cause, retryAfterMs: 10_000, message: `${label}: the disk is full` });
  return cause;
}

/** Extended codes start with the primary one, e.g. `SQLITE_IOERR_WRITE`. */
function isOneOf(code: string, primary: readonly string[]): boolean {
  return primary.some((name) => code.startsWith(name));
}
