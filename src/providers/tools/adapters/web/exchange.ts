/**
 * One call's conversation with the web (TOOL-17, TOOL-18): redirects, tries and the time limit of both together.
 *
 * - Every hop is checked as the first one was: what is written in the URL, then each address behind it.
 * - Another origin is told nothing that was meant for the first: no header that may be a credential, no body.
 * - Only what may be repeated is (R7): a POST goes out once, whatever comes of it.
 */
import type { GuardedRequest, OutboundAnswer } from '../../../../access/guarded-request.js';
import { throwIfAborted } from '../../../../base/abort.js';
import type { Clock } from '../../../../base/clock.js';
import { AppError, describeError } from '../../../../base/errors.js';
import type { ToolLimits, WebLimits } from '../../../../config/settings.js';
import { type Headers, headersForOtherOrigin, withoutBodyHeaders } from './request-headers.js';
import { findRetryDelay, isWorthRetrying } from './retries.js';
import { parseUrl } from './url-rules.js';

export type ExchangeLimits = Pick<ToolLimits, 'maxExecutionTimeMs'> &
  Pick<WebLimits, 'allowedDomains' | 'deniedDomains' | 'maxResponseBytes' | 'maxRedirects' | 'maxRetries' | 'userAgent'>;

export interface ExchangeOptions {
  readonly limits: ExchangeLimits;
  readonly request: GuardedRequest;
  readonly clock: Clock;
}

export interface WebCall {
  readonly url: string;
  readonly method: string;
  /** Names in small letters. */
  readonly headers: Headers;
  readonly body?: string;
  /** Repeating it does no harm. Default: as HTTP says of the method. */
  readonly mayRepeat?: boolean;
}

export interface WebAnswer extends OutboundAnswer {
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** What a reader has to know of the way there. */
  readonly notes: readonly string[];
}

export type Exchange = (call: WebCall, signal: AbortSignal) => Promise<WebAnswer>;

/** The result throws AppError `TOOL_URL_REFUSED`, `ADDRESS_NOT_ALLOWED`, `OUTBOUND_TIMEOUT`, `TOOL_FAILED`. */
export function createExchange({ limits, request, clock }: ExchangeOptions): Exchange {
  return async (call, signal) => {
    const late = new AbortController();
    const cancelTimer = clock.after(limits.maxExecutionTimeMs, () => late.abort(describeLate(call, limits.maxExecutionTimeMs)));
    const bounded = AbortSignal.any([signal, late.signal]);
    try {
      return await follow(call, { limits, request, clock, signal: bounded });
    } catch (error) {
      throwIfAborted(signal);
      if (late.signal.aborted) throw late.signal.reason;
      throw error instanceof AppError ? error : describeNetwork(error, call);
    } finally {
      cancelTimer();
    }
  };
}

interface FollowOptions extends ExchangeOptions {
  readonly signal: AbortSignal;
}

async function follow(call: WebCall, options: FollowOptions): Promise<WebAnswer> {
  const { limits } = options;
  const notes: string[] = [];
  const headers = { 'user-agent': limits.userAgent, ...call.headers };
  let hop: Hop = {
    url: parseUrl(call.url, limits),
    method: call.method,
    headers,
    body: call.body,
    mayRepeat: call.mayRepeat ?? isSafe(call.method),
  };
  for (let followed = 0; ; followed++) {
    const answer = await tryRepeatedly(hop, options);
    const location = answer.headers.location;
    if (!REDIRECTS.has(answer.status) || location === undefined || limits.maxRedirects === 0) return { ...answer, url: hop.url, notes };
    if (followed === limits.maxRedirects)
      throw new AppError('TOOL_FAILED', { message: `'${call.url.slice(0, 200)}' was redirected more than ${limits.maxRedirects} times` });
    const next = nextHop(hop, parseUrl(location, limits, hop.url), answer.status);
    if (next === undefined) {
      notes.push('The redirect leads to another origin and was not followed: what is sent was meant for this one.');
      return { ...answer, url: hop.url, notes };
    }
    hop = next;
    notes.push(`Redirected to ${hop.url.href}`);
  }
}

interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | undefined;
  readonly mayRepeat: boolean;
}

/** `undefined`: it must not be followed. */
function nextHop({ url: from, method, headers, body, mayRepeat }: Hop, url: URL, status: number): Hop | undefined {
  const becomesGet = (status === 303 && method !== 'HEAD') || ((status === 301 || status === 302) && method === 'POST');
  const isSameOrigin = url.origin === from.origin;
  if (becomesGet) {
    const kept = withoutBodyHeaders(headers);
    return { url, method: 'GET', headers: isSameOrigin ? kept : headersForOtherOrigin(kept), body: undefined, mayRepeat };
  }
  if (isSameOrigin) return { url, method, headers, body, mayRepeat };
  if (!isSafe(method) || body !== undefined) return undefined;
  return { url, method, headers: headersForOtherOrigin(headers), body, mayRepeat };
}

async function tryRepeatedly(
  { url, method, headers, body, mayRepeat }: Hop,
  { limits, request, clock, signal }: FollowOptions,
): Promise<OutboundAnswer> {
  const outbound = { url, method, headers, ...(body === undefined ? {} : { body }) };
  for (let tries = 0; ; tries++) {
    const isLast = tries >= limits.maxRetries || !mayRepeat;
    let retryAfter: string | undefined;
    try {
      const answer = await request(outbound, { maxBytes: limits.maxResponseBytes, signal });
      if (isLast || !isWorthRetrying(answer.status)) return answer;
      const delayMs = findRetryDelay(answer.headers['retry-after'], tries, clock.now());
      // Longer than the call may last: what the server said is the answer.
      if (delayMs > limits.maxExecutionTimeMs / 2) return answer;
      retryAfter = answer.headers['retry-after'];
    } catch (error) {
      throwIfAborted(signal);
      if (isLast || !isWorthRetrying(error)) throw error;
    }
    await clock.sleep(findRetryDelay(retryAfter, tries, clock.now()), signal);
  }
}

/** Of HTTP, RFC 9110 9.2.1: asking changes nothing. */
export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

function describeLate(call: WebCall, ms: number): AppError {
  return new AppError('OUTBOUND_TIMEOUT', { message: `No whole answer within ${ms} ms${describeDoubt(call)}` });
}

function describeNetwork(error: unknown, call: WebCall): AppError {
  return new AppError('TOOL_FAILED', {
    message: `'${call.url.slice(0, 200)}' could not be asked: ${describeError(error)}${describeDoubt(call)}`,
    cause: error,
  });
}

function describeDoubt({ method }: WebCall): string {
  return isSafe(method) ? '' : `; the ${method} may have been carried out all the same, look before you repeat it`;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
