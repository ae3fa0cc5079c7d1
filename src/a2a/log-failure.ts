import { hasCode, toAppError } from '../base/errors.js';
import type { Logger } from '../observe/log.js';
import { isServerFault, type WireError } from './errors.js';

/** The cause of what is our own fault goes to the log, as the answer does not tell it. Overload is counted elsewhere and would flood it. */
export function logFailure(log: Logger, wire: WireError, thrown: unknown): void {
  if (isServerFault(wire) && !EXPECTED.some((code) => hasCode(thrown, code)))
    log.error({ err: thrown, code: toAppError(thrown).code }, 'An A2A call failed');
}

const EXPECTED = ['OVERLOADED', 'HTTP_DRAINING', 'HTTP_TOO_MANY_STREAMS', 'ACCESS_RATE_LIMITED'] as const;
