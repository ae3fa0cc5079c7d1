/**
 * One POST to an address that somebody else chose. Redirects are not followed: whoever wants to follow one asks again, so that the
 * guard sees each hop and credentials stay with the host that they were given for.
 *
 * The other side may answer anything, or nothing, in any order: every call settles within `timeoutMs`, and its connection is gone within
 * that again.
 */
import type { IncomingMessage } from 'node:http';
import { untilAborted } from '../base/abort.js';
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { sendGuarded } from './guarded-request.js';
import type { OutboundGuard } from './outbound-guard.js';

export interface GuardedPostOptions {
  readonly guard: OutboundGuard;
  readonly clock: Clock;
  /** From the beginning to the head of the answer, and again to its end. */
  readonly timeoutMs: number;
}

export interface PostAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
}

export type GuardedPost = (url: URL, headers: Readonly<Record<string, string>>, body: string, signal: AbortSignal) => Promise<PostAnswer>;

/** The result throws AppError `ADDRESS_NOT_ALLOWED`, `OUTBOUND_TIMEOUT`, `OUTBOUND_NO_ANSWER`, and what the network says. */
export function createGuardedPost({ guard, clock, timeoutMs }: GuardedPostOptions): GuardedPost {
  return async (url, headers, body, signal) => {
    const late = new AbortController();
    const startTimer = () =>
      clock.after(timeoutMs, () => late.abort(new AppError('OUTBOUND_TIMEOUT', { message: `No answer within ${timeoutMs} ms` })));
    let cancelTimer = startTimer();
    const bounded = AbortSignal.any([signal, late.signal]);
    try {
      const response = await untilAborted(sendGuarded({ url, method: 'POST', headers, body }, guard, bounded), bounded);
      cancelTimer();
      cancelTimer = startTimer();
      discard(response, cancelTimer);
      return { status: response.statusCode ?? 0, headers: response.headers };
    } catch (error) {
      cancelTimer();
      throw late.signal.aborted ? late.signal.reason : error;
    }
  };
}

/** Nobody reads the answer's body; one that is long or slow is cut. */
function discard(response: IncomingMessage, onClose: () => void): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) response.destroy();
  });
  // The answer's head has told all that counts.
  response.on('error', () => undefined);
  response.on('close', onClose);
}

const MAX_ANSWER_BYTES = 65_536;
