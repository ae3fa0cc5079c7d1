/**
 * Notices that an answer will never come.
 *
 * Over HTTP a request's answer arrives on a stream of its own. When that breaks, the SDK tries to resume it if it can, says so to nobody,
 * and leaves the request waiting for its timeout. Here the request is told.
 *
 * Owns: which requests of a session wait, and the watch over their streams. Does not own: the transport.
 * - A stream that ends without its answer, and cannot be resumed, fails its request.
 * - One that can be resumed has `RESUME_MS` for it, counted from the last sign of a resumed stream.
 */
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { CancelTimer, Clock } from '../../../../base/clock.js';
import { isJsonObject } from '../../../../base/json.js';
import { traceHeaders } from '../../../../observe/trace.js';
import { MAX_MESSAGE_BYTES } from './limits.js';

/** `data` of the error that a request fails with here: a server's own answer can never hold it. */
export const LOST_ANSWER = Object.freeze({ lost: true });

/** A refusal by status, before any protocol. */
export class HttpStatusError extends Error {
  readonly status: number;

  constructor(status: number, body: string) {
    super(`HTTP ${status}${body === '' ? '' : `: ${body.slice(0, 300)}`}`);
    this.name = 'HttpStatusError';
    this.status = status;
  }
}

export interface WatchAnswersOptions {
  readonly clock: Clock;
  /** What requests go out with. */
  readonly fetch: FetchLike;
  /** Where the server is. Whoever else is asked (an authorization server that it names) does not get the headers. */
  readonly origin: string;
  /** Win over those of the protocol. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hands a message to the session as if the server had sent it. */
  readonly deliver: (message: JSONRPCMessage) => void;
  /** The stream on which everything arrives has ended: the session is over. Only for `sse`; the others have none. */
  readonly onBroken?: () => void;
}

export class AnswerWatch {
  readonly #options: WatchAnswersOptions;
  readonly #waiting = new Map<RequestId, CancelTimer | undefined>();
  readonly #orphans = new Set<RequestId>();
  readonly #streams = new Map<RequestId, () => void>();
  #resumed = 0;

  constructor(options: WatchAnswersOptions) {
    this.#options = options;
  }

  /** For every message that arrives. */
  arrived(message: JSONRPCMessage): void {
    if ('method' in message || message.id === undefined) return;
    this.#waiting.get(message.id)?.();
    this.#waiting.delete(message.id);
    this.#orphans.delete(message.id);
  }

  /** What the transport is to fetch with. */
  readonly fetch: FetchLike = async (url, init) => {
    const method = init?.method ?? 'GET';
    // Forms go to an authorization server.
    const isMessage = method === 'POST' && typeof init?.body === 'string';
    const { id, canceled } = isMessage ? readIds(init?.body as string) : {};
    if (id !== undefined) this.#waiting.set(id, undefined);
    const isResumed = method === 'GET' && new Headers(init?.headers).has('last-event-id');
    let response: Response;
    try {
      response = await this.#options.fetch(url, this.#withHeaders(url, init));
    } catch (error) {
      if (id !== undefined) this.#waiting.delete(id);
      if (isResumed) this.#rearm();
      throw error;
    }
    // 401 and 403 are the SDK's business, which may hold credentials for them.
    if (isMessage && response.status >= 400 && response.status !== 401 && response.status !== 403) {
      if (id !== undefined) this.#waiting.delete(id);
      throw new HttpStatusError(response.status, await readStart(response));
    }
    if (canceled !== undefined) this.#forget(canceled);
    if (response.body === null || !response.ok) return response;
    const isStream = (response.headers.get('content-type') ?? '').includes('text/event-stream');
    if (isResumed) this.#resumed += 1;
    const { body, stop } = watchBody(response.body, (hasEventIds) => {
      if (id !== undefined) this.#streams.delete(id);
      if (isResumed) {
        this.#resumed -= 1;
        this.#rearm();
      } else if (method === 'GET') this.#options.onBroken?.();
      else if (id !== undefined && isStream) this.#ended(id, hasEventIds);
    });
    if (id !== undefined) this.#streams.set(id, stop);
    return new Response(body, response);
  };

  /** No timer is left. */
  close(): void {
    for (const cancel of this.#waiting.values()) cancel?.();
    this.#waiting.clear();
    this.#streams.clear();
    this.#orphans.clear();
  }

  #withHeaders(url: string | URL, init: RequestInit | undefined): RequestInit | undefined {
    const { origin, headers } = this.#options;
    if (new URL(url).origin !== origin) return init;
    const merged = new Headers(init?.headers);
    for (const [name, value] of Object.entries({ ...traceHeaders(), ...headers })) merged.set(name, value);
    return { ...init, headers: merged };
  }

  /** Nobody waits for the answer any more, whether or not the server stops: its stream is not kept for it. */
  #forget(id: RequestId): void {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
    this.#orphans.delete(id);
    this.#streams.get(id)?.();
  }

  #ended(id: RequestId, canResume: boolean): void {
    if (!this.#waiting.has(id)) return;
    if (canResume) this.#orphans.add(id);
    this.#arm(id, canResume ? RESUME_MS : SETTLE_MS);
  }

  #rearm(): void {
    for (const id of this.#orphans) this.#arm(id, RESUME_MS);
  }

  #arm(id: RequestId, delayMs: number): void {
    this.#waiting.get(id)?.();
    this.#waiting.set(
      id,
      this.#options.clock.after(delayMs, () => {
        if (this.#orphans.has(id) && this.#resumed > 0) return;
        this.#options.deliver({
          jsonrpc: '2.0',
          id,
          error: { code: CONNECTION_CLOSED, message: 'the connection broke before the answer came', data: LOST_ANSWER },
        });
      }),
    );
  }
}

/** Of a request its own id, of a cancellation the id of what it cancels. */
function readIds(body: string): { readonly id?: RequestId; readonly canceled?: RequestId } {
  const message = JSON.parse(body) as unknown;
  if (!isJsonObject(message) || typeof message['method'] !== 'string') return {};
  if (isRequestId(message['id'])) return { id: message['id'] };
  const params = message['method'] === 'notifications/cancelled' ? message['params'] : undefined;
  return isJsonObject(params) && isRequestId(params['requestId']) ? { canceled: params['requestId'] } : {};
}

function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || typeof value === 'number';
}

async function readStart(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  try {
    const { value } = await reader.read();
    return value === undefined ? '' : new TextDecoder().decode(value);
  } catch {
    // The status tells enough.
    return '';
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** The same bytes; `onEnd` runs once, however they end. A line without an end is cut, as nobody could take it in. */
function watchBody(
  body: ReadableStream<Uint8Array>,
  onEnd: (hasEventIds: boolean) => void,
): { readonly body: ReadableStream<Uint8Array>; readonly stop: () => void } {
  const reader = body.getReader();
  let hasEventIds = false;
  let lineBytes = 0;
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    onEnd(hasEventIds);
  };
  const watched = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          return end();
        }
        const lineEnd = value.lastIndexOf(NEW_LINE);
        lineBytes = lineEnd === -1 ? lineBytes + value.length : value.length - lineEnd;
        if (lineBytes > MAX_MESSAGE_BYTES) throw new Error(`a message has more than ${MAX_MESSAGE_BYTES} bytes`);
        hasEventIds ||= /(^|\n)id:/.test(new TextDecoder('latin1').decode(value.subarray(0, 4_096)));
        controller.enqueue(value);
      } catch (error) {
        reader.cancel(error).catch(() => undefined);
        controller.error(error);
        end();
      }
    },
    cancel(reason) {
      end();
      return reader.cancel(reason);
    },
  });
  // The reader's end is the end of what is read from it.
  return { body: watched, stop: () => void reader.cancel().catch(() => undefined) };
}

const CONNECTION_CLOSED = -32_000;
const NEW_LINE = 10;
/** The last events of a stream that has ended are still being parsed. */
const SETTLE_MS = 100;
/** The SDK's own tries to resume lie closer together. */
const RESUME_MS = 4_000;
