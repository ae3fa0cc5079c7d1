/** Further tries of one document's step (RAG-36), in place: whatever its neighbours have come to is kept. */
import { backoffMs } from '../base/backoff.js';
import type { Clock } from '../base/clock.js';
import { AppError, type ErrorCode } from '../base/errors.js';
import type { IngestRetrySettings } from '../config/settings.js';

export interface RetryOptions {
  readonly retry: IngestRetrySettings;
  readonly clock: Clock;
}

export type Tried<T> =
  | { readonly type: 'done'; readonly value: T }
  | { readonly type: 'failed'; readonly error: unknown; readonly tries: number };

/** @throws only the signal's reason */
export async function tryAgain<T>(work: () => Promise<T>, { retry, clock }: RetryOptions, signal: AbortSignal): Promise<Tried<T>> {
  for (let tries = 1; ; tries++) {
    try {
      return { type: 'done', value: await work() };
    } catch (error) {
      signal.throwIfAborted();
      if (tries > retry.maxRetries || !mayPass(error)) return { type: 'failed', error, tries };
      const asked = error instanceof AppError ? (error.retryAfterMs ?? 0) : 0;
      await clock.sleep(
        Math.max(asked, backoffMs(tries, { baseMs: retry.baseDelayMs, maxMs: retry.maxDelayMs, jitter: retry.jitter })),
        signal,
      );
    }
  }
}

/** Whether the same may succeed later: the network, a rate limit, a server that failed, a store that is busy (W-79). */
export function mayPass(error: unknown): boolean {
  let current: unknown = error;
  for (let depth = 0; typeof current === 'object' && current !== null && depth < 5; depth++) {
    // A document that ends its thread or outlasts its time does so again.
    if (current instanceof AppError && current.code === 'THREAD_FAILED') return false;
    if (current instanceof AppError && current.disposition === 'retry') return true;
    const { code, status, statusCode, cause } = current as Readonly<Record<string, unknown>>;
    if (typeof code === 'string' && PASSING_CODES.test(code)) return true;
    if (isPassingStatus(status) || isPassingStatus(statusCode)) return true;
    if (current instanceof AppError && isPassingStatus(current.details['status'])) return true;
    current = cause;
  }
  return false;
}

/** The next document would meet the same: the run ends with it, and no document is called failed. */
export function concernsWholeStore(error: unknown): error is AppError {
  return error instanceof AppError && WHOLE_STORE.has(error.code);
}

function isPassingStatus(status: unknown): boolean {
  return typeof status === 'number' && (status === 408 || status === 425 || status === 429 || status >= 500);
}

const PASSING_CODES =
  /^(ECONN(RESET|REFUSED|ABORTED)|EPIPE|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ENOTCONN|EBUSY|EAGAIN|EMFILE|ENFILE|ESTALE|UND_ERR_.*)$/;

const WHOLE_STORE: ReadonlySet<ErrorCode> = new Set([
  'EMBEDDER_UNAUTHORIZED',
  'EMBEDDER_UNUSABLE',
  'EMBEDDER_DIMENSION',
  'EMBEDDER_RATE_LIMITED',
]);
