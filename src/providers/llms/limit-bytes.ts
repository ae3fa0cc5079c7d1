import type { AppError } from '../../base/errors.js';

/** Counts the pieces of one answer for `CallConnection.onBytes`, and ends one that never ends before it fills the memory. */
export function limitBytes(createError: (maxBytes: number) => AppError, maxBytes = MAX_ANSWER_BYTES): (bytes: number) => void {
  let received = 0;
  return (bytes) => {
    received += bytes;
    if (received > maxBytes) throw createError(maxBytes);
  };
}

/** As JSON, some ten thousand vectors of the longest kind. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
