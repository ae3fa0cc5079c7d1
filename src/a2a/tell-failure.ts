import { ownerOf, type Principal } from '../access/principal.js';
import { hasCode, toAppError } from '../base/errors.js';
import { errorType } from '../observe/error-type.js';
import type { Logger } from '../observe/log.js';
import { type Observer, silentObserver } from '../observe/observer.js';
import { isServerFault, type WireError } from './errors.js';

export interface FailureListeners {
  readonly log: Logger;
  /** Default: nobody counts, and no audit is kept. */
  readonly observer?: Observer | undefined;
}

export interface FailedCall {
  readonly principal?: Principal | undefined;
  /** Key of the addressed agent, as far as it is known. */
  readonly agent?: string | undefined;
}

/**
 * What is our own fault is counted, and its cause told to the log and the audit, as the answer does not tell it. Overload is only counted: it would
 * flood them.
 */
export function tellFailure(
  { log, observer = silentObserver }: FailureListeners,
  wire: WireError,
  thrown: unknown,
  call: FailedCall = {},
): void {
  if (!isServerFault(wire) || wire.httpStatus < 500) return;
  const { metrics, audit } = observer;
  metrics.count('errors_total', { component: 'a2a', error_type: errorType(thrown) });
  if (isOverload(thrown)) return;
  log.error({ err: thrown, code: toAppError(thrown).code }, 'An A2A call failed');
  const user = call.principal === undefined ? '' : ownerOf(call.principal);
  const agent = call.agent === undefined || call.agent === '' ? {} : { agent: call.agent };
  audit.record({ action: 'error', user, success: false, ...agent, error: errorType(thrown) });
}

/** Too much at once, or about to end: whoever asks again later, or elsewhere, is answered. */
export function isOverload(thrown: unknown): boolean {
  return OVERLOAD.some((code) => hasCode(thrown, code));
}

const OVERLOAD = ['OVERLOADED', 'HTTP_DRAINING', 'HTTP_TOO_MANY_STREAMS', 'HTTP_TOO_MANY_BODIES'] as const;
