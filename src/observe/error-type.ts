import { AppError } from '../base/errors.js';

/** What a failure is called in a label or a record: its code, of which there are few. */
export function errorType(error: unknown): string {
  return error instanceof AppError ? error.code : 'INTERNAL';
}
