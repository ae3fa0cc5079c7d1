/**
 * One POST to an address that somebody else chose. Redirects are not followed: whoever wants to follow one asks again, so that the
 * guard sees each hop and credentials stay with the host that they were given for.
 *
 * The other side may answer anything, or nothing, in any order: every call settles within `timeoutMs`, and its connection is gone within
 * that again.
 */
import { type ClientRequest, type IncomingMessage, request as requestPlainly } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { untilAborted } from '../base/abort.js';
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
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
      await guard.assertHost(url, bounded);
      const response = await untilAborted(send(url, headers, body, guard, bounded), bounded);
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

function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  guard: OutboundGuard,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request: ClientRequest = (url.protocol === 'https:' ? requestSecurely : requestPlainly)(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      lookup: guard.lookup,
      agent: false,
      signal,
    });
    request.on('response', resolve);
    request.on('error', reject);
    // 101: a request that asked for no other protocol gets none.
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response);
    });
    // Of 100, 102, 103 and the like one may come or two.
    let announcements = 0;
    request.on('information', () => {
      announcements += 1;
      if (announcements > MAX_ANNOUNCEMENTS) request.destroy(unanswered(`it sent more than ${MAX_ANNOUNCEMENTS} interim answers`));
    });
    // Behind any of the above this does nothing.
    request.on('close', () => reject(unanswered('the connection was closed before the answer came')));
    request.end(body);
  });
}

function unanswered(reason: string): AppError {
  return new AppError('OUTBOUND_NO_ANSWER', { message: `The other side gave no answer: ${reason}` });
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
const MAX_ANNOUNCEMENTS = 16;
