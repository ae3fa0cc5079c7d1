/** Calls that somebody may cancel one by one while their run goes on (API-09). */
import { abortError } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import type { ToolEffect } from '../../tasks/tool-call.js';

/** Where a worker keeps what it runs, so that a cancel finds it. */
export interface RunningCalls {
  /** From now on a cancel aborts the signal. Call `end` when the call is over. */
  begin(callId: string): OpenCall;
}

export interface OpenCall {
  readonly signal: AbortSignal;
  end(): void;
}

export function beginCall(calls: RunningCalls | undefined, callId: string): OpenCall {
  return calls?.begin(callId) ?? { signal: new AbortController().signal, end: () => undefined };
}

/**
 * What comes of the work, also after the cancel: a tool that still answers has answered. @throws what it throws, and the cancel itself
 * when the work does not end within `GRACE_MS` of it.
 */
export function untilCanceled<Value>(work: Promise<Value>, canceled: AbortSignal, clock: Clock): Promise<Value> {
  return new Promise((resolve, reject) => {
    let stopTimer: () => void = () => undefined;
    const giveUp = () => {
      stopTimer = clock.after(GRACE_MS, () => reject(abortError(canceled)));
    };
    canceled.addEventListener('abort', giveUp, { once: true });
    const settle = () => {
      canceled.removeEventListener('abort', giveUp);
      stopTimer();
    };
    work.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
  });
}

/** What is told of a call that was canceled and did not answer any more (R7): it may have acted on the world all the same. */
export function describeCanceled(effect: ToolEffect, hasBegun: boolean): string {
  if (!hasBegun) return 'Error: a person canceled this call before it began; it was not carried out';
  if (effect === 'pure') return 'Error: a person canceled this call; it was stopped before there was a result';
  return 'Error: a person canceled this call while it ran; it is not known what it had done by then. Do not repeat it without asking the user';
}

/** A command gets SIGTERM, and SIGKILL two seconds later; what takes longer than this is not waited for. */
const GRACE_MS = 10_000;
