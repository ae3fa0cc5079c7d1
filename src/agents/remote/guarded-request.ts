/**
 * One HTTP request to a remote agent. Every address is checked before it is connected to (`access/outbound-guard.ts`), also at each
 * redirect; only reads follow redirects, and what is secret goes to the origin alone that it was meant for.
 */
import type { IncomingMessage } from 'node:http';
import { sendGuarded } from '../../access/guarded-request.js';
import type { OutboundGuard } from '../../access/outbound-guard.js';
import { abortError } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { AppError, describeError, hasCode } from '../../base/errors.js';

export interface GuardedRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Left out at a redirect to another origin. */
  readonly secretHeaders: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Until the head of the answer is there, milliseconds. */
  readonly timeoutMs: number;
  /** Longest silence within the answer, milliseconds. */
  readonly idleTimeoutMs: number;
}

export interface GuardedAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Closes the connection when the loop over it ends. */
  readonly body: AsyncIterable<Buffer>;
}

export type SendGuarded = (request: GuardedRequest, signal: AbortSignal) => Promise<GuardedAnswer>;

/**
 * The result throws AppError `ADDRESS_NOT_ALLOWED`, `REMOTE_UNAVAILABLE` (`details.arrived`: the request may have been read),
 * `REMOTE_REFUSED` for a redirect that is not followed, and the signal's reason.
 */
export function createSendGuarded({ guard, clock }: { readonly guard: OutboundGuard; readonly clock: Clock }): SendGuarded {
  const sendOnce = async (request: GuardedRequest, signal: AbortSignal): Promise<GuardedAnswer> => {
    const late = new AbortController();
    const watch = (delayMs: number) => clock.after(delayMs, () => late.abort(timedOut(delayMs)));
    let stopWatch = watch(request.timeoutMs);
    const bounded = AbortSignal.any([signal, late.signal]);
    const why = (error: unknown, arrived: boolean) => {
      if (signal.aborted) return abortError(signal);
      if (error instanceof AppError && !late.signal.aborted && !hasCode(error, 'OUTBOUND_NO_ANSWER')) return error;
      return unreachable(late.signal.aborted ? late.signal.reason : error, arrived);
    };
    let response: IncomingMessage;
    try {
      const { method, url, body } = request;
      const headers = { ...request.headers, ...request.secretHeaders };
      response = await sendGuarded({ method, url, headers, ...(body === undefined ? {} : { body }) }, guard, bounded);
      // Nothing that can be read follows.
      if (response.statusCode === 101) {
        response.destroy();
        throw new AppError('OUTBOUND_NO_ANSWER', { message: 'It switched to another protocol' });
      }
    } catch (error) {
      stopWatch();
      throw why(error, late.signal.aborted || mayHaveArrived(error));
    }
    const { idleTimeoutMs } = request;
    async function* read(): AsyncGenerator<Buffer, void> {
      try {
        stopWatch();
        stopWatch = watch(idleTimeoutMs);
        for await (const chunk of response) {
          stopWatch();
          yield chunk as Buffer;
          stopWatch = watch(idleTimeoutMs);
        }
      } catch (error) {
        throw why(error, true);
      } finally {
        stopWatch();
        response.destroy();
      }
    }
    return { status: response.statusCode ?? 0, headers: response.headers, body: read() };
  };

  return async (request, signal) => {
    let current = request;
    for (let hops = 0; ; hops += 1) {
      const answer = await sendOnce(current, signal);
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status >= 400 || answer.status === 304) return answer;
      await readText(answer, MAX_REDIRECT_BYTES).catch(() => '');
      const target = location !== undefined && URL.canParse(location, current.url.href) ? new URL(location, current.url) : undefined;
      if (target === undefined || request.method !== 'GET' || hops >= MAX_REDIRECTS || !/^https?:$/.test(target.protocol)) {
        const wanted =
          request.method === 'GET' ? `at most ${MAX_REDIRECTS} redirects to http or https` : 'none: give the address it leads to';
        throw new AppError('REMOTE_REFUSED', { message: `It redirects (HTTP ${answer.status}); wanted ${wanted}` });
      }
      if (target.protocol === 'http:' && current.url.protocol === 'https:')
        throw new AppError('REMOTE_REFUSED', { message: 'It redirects from https to http' });
      const isSame = target.origin === current.url.origin;
      current = { ...current, url: target, ...(isSame ? {} : { secretHeaders: {} }) };
    }
  };
}

/** All of an answer. @throws AppError `REMOTE_BAD_RESPONSE` when it is longer. */
export async function readText({ body }: Pick<GuardedAnswer, 'body'>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new AppError('REMOTE_BAD_RESPONSE', { message: `Its answer is longer than ${maxBytes} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function timedOut(delayMs: number): AppError {
  return new AppError('OUTBOUND_TIMEOUT', { message: `Nothing came for ${delayMs} ms` });
}

function unreachable(cause: unknown, arrived: boolean): AppError {
  return new AppError('REMOTE_UNAVAILABLE', {
    message: `The remote agent cannot be reached: ${describeError(cause)}`,
    cause,
    details: { arrived },
  });
}

/** Whoever never got a connection has read nothing. */
function mayHaveArrived(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return !NEVER_CONNECTED.has(code);
}

const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ADDRESS_NOT_ALLOWED']);
const MAX_REDIRECTS = 3;
const MAX_REDIRECT_BYTES = 65_536;
