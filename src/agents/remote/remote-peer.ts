/**
 * One remote agent as it is called: the operations of A2A, whatever its binding and version.
 *
 * Owns: its card, and the cancels under way to it. Does not own: tries (`follow-task.ts`), what its answers mean for a run.
 */
import { createOutboundGuard, type ResolveHost } from '../../access/outbound-guard.js';
import { abortError } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { AppError, describeError, hasCode } from '../../base/errors.js';
import type { RemoteAgentSettings, RemoteCredentials } from '../../config/remote-settings.js';
import type { AgentSettings } from '../../config/settings.js';
import type { Logger } from '../../observe/log.js';
import { traceHeaders, withSpan } from '../../observe/trace.js';
import type { Message, SendMessageResponse, StreamResponse, Task } from '../../protocol/a2a.js';
import { CardSource } from './card-source.js';
import { createSendGuarded, type GuardedAnswer, readText, type SendGuarded } from './guarded-request.js';
import { RELIABLE_STREAM, type RemoteCard } from './read-card.js';
import { bad, readSendResponse, readStreamResponse, readTask } from './read-response.js';
import { readSse } from './read-sse.js';
import { createWire, toError, type Wire, type WireRequest } from './wire.js';

export interface RemotePeerOptions {
  /** Key in `agents`. */
  readonly name: string;
  readonly settings: RemoteAgentSettings;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: as the system resolves names. */
  readonly resolve?: ResolveHost;
}

/** Their keys are there then, with their defaults. */
export function isRemote(settings: AgentSettings): settings is AgentSettings & RemoteAgentSettings {
  return settings.type === 'remote';
}

export interface RemoteEvent {
  readonly response: StreamResponse;
  /** Where a stream that breaks can go on; `undefined`: it cannot. */
  readonly cursor: string | undefined;
}

export class RemotePeer {
  readonly #options: RemotePeerOptions;
  readonly #send: SendGuarded;
  readonly #cards: CardSource;
  readonly #secretHeaders: Readonly<Record<string, string>>;
  readonly #cancels = new Set<Promise<void>>();

  constructor(options: RemotePeerOptions) {
    const { name, settings, clock, log, resolve } = options;
    this.#options = options;
    const guard = createOutboundGuard({
      allowPrivate: settings.allowPrivate,
      keyPath: `agents.${name}.allow_private`,
      ...(resolve === undefined ? {} : { resolve }),
    });
    this.#send = createSendGuarded({ guard, clock });
    this.#secretHeaders = { ...lowerCase(settings.headers), ...credentialHeaders(settings.credentials) };
    this.#cards = new CardSource({ name, settings, send: this.#send, secretHeaders: this.#secretHeaders, clock, log });
  }

  card(signal: AbortSignal): Promise<RemoteCard> {
    return this.#cards.get(signal);
  }

  /** What was known of it did not work. */
  forgetCard(): void {
    this.#cards.forget();
  }

  async send(message: Message, signal: AbortSignal): Promise<SendMessageResponse> {
    // A server that does not know returnImmediately answers when the work is done.
    const { idleTimeoutMs, timeoutMs } = this.#options.settings;
    return readSendResponse(await this.#ask((wire) => wire.send(message, false), signal, Math.max(idleTimeoutMs, timeoutMs)));
  }

  sendStreaming(message: Message, signal: AbortSignal): AsyncGenerator<RemoteEvent, void> {
    return this.#stream((wire) => wire.send(message, true), undefined, signal);
  }

  subscribe(taskId: string, cursor: string | undefined, signal: AbortSignal): AsyncGenerator<RemoteEvent, void> {
    return this.#stream((wire) => wire.subscribe(taskId), cursor, signal);
  }

  async getTask(taskId: string, signal: AbortSignal): Promise<Task> {
    return readTask(await this.#ask((wire) => wire.getTask(taskId), signal));
  }

  /** Never throws: whoever cancels has ended already (R6). Some tries, within a bound. */
  cancel(taskId: string): Promise<void> {
    const work = this.#cancel(taskId).finally(() => this.#cancels.delete(work));
    this.#cancels.add(work);
    return work;
  }

  async #cancel(taskId: string): Promise<void> {
    const { name, log, clock, settings } = this.#options;
    const bound = new AbortController();
    const stop = clock.after(settings.timeoutMs, () => bound.abort(new AppError('OUTBOUND_TIMEOUT')));
    try {
      for (let tries = 1; ; tries += 1) {
        try {
          await this.#ask((wire) => wire.cancel(taskId), bound.signal);
          return;
        } catch (error) {
          // It has ended, or is not known any more: there is nothing left to cancel.
          if (hasCode(error, 'REMOTE_UNSUPPORTED') || hasCode(error, 'REMOTE_TASK_UNKNOWN')) return;
          if (tries >= MAX_CANCEL_TRIES || bound.signal.aborted || !hasCode(error, 'REMOTE_UNAVAILABLE')) throw error;
          await clock.sleep(CANCEL_PAUSE_MS * tries, bound.signal);
        }
      }
    } catch (error) {
      log.warn({ agent: name, remoteTaskId: taskId, reason: describeError(error) }, 'a cancel did not reach the remote agent');
    } finally {
      stop();
    }
  }

  async *#stream(
    toRequest: (wire: Wire) => WireRequest,
    cursor: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<RemoteEvent, void> {
    const { wire, card } = await this.#open(signal);
    const resume: Record<string, string> = cursor !== undefined && card.isReliable ? { 'last-event-id': cursor } : {};
    const { idleTimeoutMs, timeoutMs } = this.#options.settings;
    const answer = await this.#request(
      toRequest(wire),
      card,
      { accept: 'text/event-stream', ...resume },
      signal,
      Math.max(idleTimeoutMs, timeoutMs),
    );
    if (!String(answer.headers['content-type']).includes('text/event-stream')) {
      // Servers that cannot stream answer at once.
      const value = wire.unwrap(parse(await readText(answer, MAX_ANSWER_BYTES)));
      yield { response: readStreamResponse(value), cursor: undefined };
      return;
    }
    for await (const { id, data } of readSse(answer.body, MAX_ANSWER_BYTES))
      yield { response: readStreamResponse(wire.unwrap(parse(data))), cursor: card.isReliable && id !== '' ? id : undefined };
  }

  async #ask(toRequest: (wire: Wire) => WireRequest, signal: AbortSignal, timeoutMs = this.#options.settings.timeoutMs): Promise<unknown> {
    const { wire, card } = await this.#open(signal);
    const answer = await this.#request(toRequest(wire), card, { accept: 'application/json' }, signal, timeoutMs);
    return wire.unwrap(parse(await readText(answer, MAX_ANSWER_BYTES)));
  }

  async #open(signal: AbortSignal): Promise<{ readonly wire: Wire; readonly card: RemoteCard }> {
    const card = await this.#cards.get(signal);
    return { wire: createWire(card.interface), card };
  }

  /** @throws AppError for every answer that is an error by its status. */
  #request(request: WireRequest, card: RemoteCard, extra: Readonly<Record<string, string>>, signal: AbortSignal, timeoutMs: number) {
    const attributes = {
      'hector.agent.name': this.#options.name,
      'server.address': request.url.host,
      'http.request.method': request.method,
    };
    return withSpan('hector.remote.call', attributes, async (): Promise<GuardedAnswer> => {
      const headers = {
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(card.interface.version === '1.0' ? { 'a2a-version': '1.0' } : {}),
        ...(card.isReliable ? { 'a2a-extensions': RELIABLE_STREAM } : {}),
        ...traceHeaders(),
        ...extra,
      };
      const { idleTimeoutMs } = this.#options.settings;
      const answer = await this.#send({ ...request, headers, secretHeaders: this.#secretHeaders, timeoutMs, idleTimeoutMs }, signal);
      if (answer.status < 300) return answer;
      const text = await readText(answer, MAX_ANSWER_BYTES).catch(() => '');
      if (signal.aborted) throw abortError(signal);
      throw failure(answer, text, this.#options.clock.now());
    });
  }
}

function failure({ status, headers }: GuardedAnswer, text: string, now: number): AppError {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy's page; the status says enough.
  }
  const wrapped = typeof body === 'object' && body !== null && 'error' in body ? body.error : body;
  const error = toError(typeof wrapped === 'object' && wrapped !== null ? wrapped : { message: `HTTP ${status}` }, status);
  const retryAfterMs = readRetryAfter(headers['retry-after'], now);
  // Who is too busy has done nothing.
  const arrived = status !== 429 && status !== 503;
  return new AppError(error.code, {
    message: error.message,
    details: { ...error.details, arrived },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function readRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bad(`what it sent is no JSON (${text.length} characters)`);
  }
}

/** AGT-44 */
function credentialHeaders(credentials: RemoteCredentials | undefined): Readonly<Record<string, string>> {
  switch (credentials?.type) {
    case 'bearer':
      return { authorization: `Bearer ${credentials.token}` };
    case 'api_key':
      return { [credentials.apiKeyHeader.toLowerCase()]: credentials.apiKey };
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}` };
    default:
      return {};
  }
}

function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

const MAX_ANSWER_BYTES = 16 * 1_048_576;
const MAX_CANCEL_TRIES = 5;
const CANCEL_PAUSE_MS = 500;
