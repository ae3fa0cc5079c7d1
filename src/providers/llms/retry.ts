/**
 * Tries a model call again while nothing of its answer has been seen (LLM-03, LLM-04). After the first event a
 * failure passes on: a second try would repeat text.
 */
import { abortError } from '../../base/abort.js';
import { backoffMs } from '../../base/backoff.js';
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import type { ModelEvent } from './contract.js';

export interface RetryOptions {
  /** Tries after the first one. */
  readonly maxRetries: number;
  /** Delay after the first failure, milliseconds. Default 2,000. */
  readonly baseMs?: number;
  /** No delay is longer, whatever the provider asks for, milliseconds. Default 60,000. */
  readonly maxMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: () => number;
}

export async function* retryBeforeFirstEvent(
  attempt: () => AsyncIterable<ModelEvent>,
  options: RetryOptions,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void, undefined> {
  for (let failures = 0; ; ) {
    let started = false;
    try {
      for await (const event of attempt()) {
        started = true;
        yield event;
      }
      return;
    } catch (error) {
      if (signal.aborted) throw abortError(signal);
      failures += 1;
      const delayMs = started ? undefined : findDelayMs(error, failures, options);
      if (delayMs === undefined) throw error;
      options.log.warn({ err: error, delayMs, failures }, 'model call failed, trying again');
      await options.clock.sleep(delayMs, signal).catch(() => {
        throw abortError(signal);
      });
    }
  }
}

/** `undefined` = do not try again. */
function findDelayMs(error: unknown, failures: number, options: RetryOptions): number | undefined {
  if (!(error instanceof AppError) || error.disposition !== 'retry' || failures > options.maxRetries) return undefined;
  const baseMs = options.baseMs ?? 2_000;
  const maxMs = options.maxMs ?? 60_000;
  if (error.retryAfterMs !== undefined) return Math.min(Math.max(error.retryAfterMs, 0), maxMs);
  if (QUICK_STATUSES.has(error.details['status']))
    return failures > QUICK_TRIES ? undefined : Math.min(baseMs * (1 + (failures - 1) / 2), maxMs);
  return backoffMs(failures, { baseMs, maxMs, jitter: 0.1 }, options.random);
}

/** Server faults that either pass quickly or do not pass: two quick tries (LLM-03). */
const QUICK_STATUSES: ReadonlySet<unknown> = new Set([408, 500, 502, 504]);
const QUICK_TRIES = 2;
