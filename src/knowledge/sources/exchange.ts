/**
 * Requests of sources over HTTP: tries, redirects, limits.
 *
 * 1. Another origin is told nothing that was meant for the first: no header of the configuration, no body.
 * 2. An answer that is larger than it may be is an error, never a part of one.
 * 3. What the service says of when to come back goes before our own waits.
 */
import type { GuardedRequest, OutboundAnswer } from '../../access/guarded-request.js';
import { backoffMs } from '../../base/backoff.js';
import type { Clock } from '../../base/clock.js';
import { AppError, describeError } from '../../base/errors.js';
import { findRetryAfterMs } from '../../providers/llms/retry-after.js';

export interface SourceRequest {
  readonly url: URL;
  readonly method?: 'GET' | 'POST';
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface SourceAnswer extends OutboundAnswer {
  /** Where it came from, after redirects. */
  readonly url: URL;
}

export interface ExchangeOptions {
  readonly request: GuardedRequest;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly maxBytes: number;
  /** Waits for a turn with that host, and may refuse it by throwing; the result ends the turn. Default: at once. */
  readonly takeTurn?: (url: URL, signal: AbortSignal) => Promise<() => void>;
}

export type Exchange = (request: SourceRequest, signal: AbortSignal) => Promise<SourceAnswer>;

/** The result throws `DOCUMENT_TOO_LARGE`, `DOCUMENT_SOURCE_UNREADABLE`, `ADDRESS_NOT_ALLOWED`, and what `takeTurn` throws; a status is an answer. */
export function createExchange(options: ExchangeOptions): Exchange {
  return async (first, signal) => {
    let hop = first;
    for (let followed = 0; ; followed++) {
      const answer = await tryRepeatedly(hop, options, signal);
      const { location } = answer.headers;
      if (!REDIRECTS.has(answer.status) || location === undefined) return { ...answer, url: hop.url };
      if (followed === MAX_REDIRECTS) throw misled(first.url, answer.status, `more than ${MAX_REDIRECTS} redirects`);
      hop = nextHop(hop, location, answer.status);
    }
  };
}

function nextHop({ url: from, method = 'GET', headers, body }: SourceRequest, location: string, status: number): SourceRequest {
  if (!URL.canParse(location, from.href)) throw misled(from, status, 'it redirects to what is no address');
  const url = new URL(location, from.href);
  const keepsMethod = method === 'GET' || status === 307 || status === 308;
  if (url.origin === from.origin) return { url, headers, ...(keepsMethod ? { method, ...(body === undefined ? {} : { body }) } : {}) };
  if (keepsMethod && method !== 'GET') throw failed(from, `it redirects a ${method} to ${url.origin}, which is not to have its body`);
  return { url, headers: Object.fromEntries(Object.entries(headers).filter(([name]) => FOR_EVERYBODY.has(name))) };
}

async function tryRepeatedly(hop: SourceRequest, options: ExchangeOptions, signal: AbortSignal): Promise<OutboundAnswer> {
  const { clock, maxRetries } = options;
  for (let failures = 1; ; failures++) {
    let waitMs: number | undefined;
    try {
      const answer = await tryOnce(hop, options, signal);
      if (failures > maxRetries || !WORTH_A_TRY.has(answer.status)) return answer;
      waitMs = findRetryAfterMs({ get: (name) => headerOf(answer, name) }, clock.now());
      // Longer than anybody waits for one page: the answer stands, and a later scan asks again.
      if ((waitMs ?? 0) > MAX_WAIT_MS) return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (isFinal(error)) throw error;
      if (failures > maxRetries) throw failed(hop.url, describeError(error), error);
    }
    await clock.sleep(waitMs ?? backoffMs(failures, BACKOFF), signal);
  }
}

async function tryOnce(
  { url, method = 'GET', headers, body }: SourceRequest,
  { request, clock, timeoutMs, maxBytes, takeTurn }: ExchangeOptions,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  const endTurn = await takeTurn?.(url, signal);
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () =>
    late.abort(new AppError('OUTBOUND_TIMEOUT', { message: `no whole answer within ${timeoutMs} ms` })),
  );
  try {
    const limits = { maxBytes, signal: AbortSignal.any([signal, late.signal]) };
    const answer = await request({ url, method, headers, ...(body === undefined ? {} : { body }) }, limits);
    if (!answer.isCut) return answer;
    throw new AppError('DOCUMENT_TOO_LARGE', {
      message: `'${shownUrl(url)}' has more than ${maxBytes} bytes, which is what may be read of it`,
    });
  } catch (error) {
    throw late.signal.aborted && !signal.aborted ? late.signal.reason : error;
  } finally {
    cancel();
    endTurn?.();
  }
}

/** Nothing that a further try would change. */
function isFinal(error: unknown): boolean {
  return error instanceof AppError && error.disposition === 'stop';
}

/** For messages: without credentials and without parameters, which may be one. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function headerOf({ headers }: OutboundAnswer, name: string): string | null {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** Its status tells that another try would lead nowhere, too. */
function misled(url: URL, status: number, why: string): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', { message: `'${shownUrl(url)}' cannot be read: ${why}`, details: { status } });
}

function failed(url: URL, why: string, cause?: unknown): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `'${shownUrl(url)}' cannot be read: ${why}`,
    ...(cause === undefined ? {} : { cause }),
  });
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const WORTH_A_TRY: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const FOR_EVERYBODY: ReadonlySet<string> = new Set(['accept', 'accept-language', 'user-agent']);
const MAX_REDIRECTS = 10;
const MAX_WAIT_MS = 60_000;
const BACKOFF = { baseMs: 500, maxMs: 30_000 };
