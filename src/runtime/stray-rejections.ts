/**
 * A promise that is rejected while nobody listens would end the process, and every run in it with it; the worker that took them over would
 * meet the same. So it is logged instead, and the run whose code it was fails. An exception that nobody catches ends the process as
 * Node wants: nobody knows what it left half done.
 */
import { describeError } from '../base/errors.js';
import { findStrayOwner } from '../base/stray-failures.js';
import type { Logger } from '../observe/log.js';

/** For the whole process; the result takes it back. */
export function listenForStrayRejections(log: Logger): () => void {
  const onRejection = (error: unknown) => {
    const tellOwner = findStrayOwner();
    const whose = tellOwner === undefined ? '' : '; the run of which it was a part fails';
    log.error({ err: error }, `a promise was rejected and nobody handled it: ${describeError(error)}${whose}`);
    tellOwner?.(error);
  };
  process.on('unhandledRejection', onRejection);
  return () => process.off('unhandledRejection', onRejection);
}
