/**
 * One request to a server, sent again only where that does no harm (R7, W-39).
 *
 * What the server has certainly not begun (no connection, a refusal, a session that it has forgotten) is sent again over a new session. What
 * it may have begun is sent again when it is pure or idempotent; a `once` call ends with `TOOL_OUTCOME_UNKNOWN` instead.
 */
import { abortError } from '../../../../base/abort.js';
import { backoffMs } from '../../../../base/backoff.js';
import type { Clock } from '../../../../base/clock.js';
import { AppError, toAppError } from '../../../../base/errors.js';
import type { JsonObject } from '../../../../base/json.js';
import type { ToolEffect } from '../../../../tasks/tool-call.js';
import { cleanLine } from './clean-text.js';
import type { McpConnection } from './connection.js';
import { classifyFailure, describeFailure, type FailureKind } from './describe-failure.js';
import { FOR_EVER_MS, type McpSession } from './open-session.js';

export interface McpRequest {
  readonly method: string;
  readonly params: JsonObject;
  /** What it means to send it again. */
  readonly effect: ToolEffect;
  readonly signal: AbortSignal;
  /** Silence after which it is given up; progress is no silence. */
  readonly timeoutMs: number;
  /** As a whole, however much progress it makes. */
  readonly maxDurationMs: number;
  readonly onProgress?: (text: string) => void;
}

export interface SendRequestPorts {
  /** Key in `tools`. */
  readonly name: string;
  readonly connection: McpConnection;
  readonly clock: Clock;
}

/** @throws AppError `TOOL_FAILED` what the server answered; `TOOL_OUTCOME_UNKNOWN`, `MCP_UNAVAILABLE`, `MCP_UNAUTHORIZED`; the signal's own. */
export async function sendRequest(ports: SendRequestPorts, request: McpRequest): Promise<JsonObject> {
  const { name, connection, clock } = ports;
  const { method, effect, signal } = request;
  const release = connection.use();
  try {
    for (let tries = 1; ; tries++) {
      const failure = await sendOnce(ports, request, tries > 1);
      if (!('error' in failure)) return failure.result;
      const { kind, error } = failure;
      if (signal.aborted) throw abortError(signal);
      if (kind === 'final') throw error;
      if (kind === 'unknown' && effect === 'once') {
        throw new AppError('TOOL_OUTCOME_UNKNOWN', {
          message: `tools.${name}: nobody knows whether the server carried out '${method}': ${error.message}`,
          cause: error,
        });
      }
      if (tries >= MAX_TRIES) throw error;
      await clock.sleep(backoffMs(tries, BACKOFF), signal).catch(() => undefined);
      if (signal.aborted) throw abortError(signal);
    }
  } finally {
    release();
  }
}

type Outcome = { readonly result: JsonObject } | { readonly kind: 'final' | 'not-taken' | 'unknown'; readonly error: AppError };

async function sendOnce({ name, connection, clock }: SendRequestPorts, request: McpRequest, isPatient: boolean): Promise<Outcome> {
  const { signal } = request;
  let session: McpSession;
  try {
    session = await connection.getSession(signal, isPatient);
  } catch (thrown) {
    const error = toAppError(thrown);
    // The first one to ask has its answer from the last try; later ones are tries of their own.
    return { kind: isPatient && error.code === 'MCP_UNAVAILABLE' ? 'not-taken' : 'final', error };
  }
  const hadId = session.hasId();
  const patience = new Patience(request, clock);
  try {
    const result = await session.client.request(
      { method: request.method, params: request.params as Record<string, unknown> },
      session.sdk.ResultSchema,
      {
        signal: patience.signal,
        timeout: FOR_EVER_MS,
        ...(request.onProgress === undefined ? {} : { onprogress: (progress) => patience.progressed(progress) }),
      },
    );
    connection.succeeded();
    return { result: result as unknown as JsonObject };
  } catch (thrown) {
    if (signal.aborted) return { kind: 'final', error: abortError(signal) };
    if (patience.reason !== undefined) {
      const message = `tools.${name}: the MCP server did not answer '${request.method}': ${patience.reason}`;
      return { kind: request.effect === 'once' ? 'unknown' : 'final', error: new AppError('TOOL_FAILED', { message }) };
    }
    const { sdk, over } = session;
    const kind = classifyFailure(thrown, sdk, { wasOver: over.aborted, hadId });
    if (kind === 'answered') {
      connection.succeeded();
      return {
        kind: 'final',
        error: new AppError('TOOL_FAILED', { message: `tools.${name}: ${cleanLine((thrown as Error).message, 2_000)}` }),
      };
    }
    const error = describeFailure(over.aborted ? over.reason : thrown, { name, doing: `failed at '${request.method}'`, sdk });
    if (ENDS_SESSION.has(kind)) await connection.drop(session);
    if (kind === 'unauthorized') await connection.fail(session, error);
    return { kind: kind === 'unknown' ? 'unknown' : kind === 'refused' || kind === 'unauthorized' ? 'final' : 'not-taken', error };
  } finally {
    patience.close();
  }
}

/** How long a request is waited for. */
class Patience {
  readonly signal: AbortSignal;
  readonly #late = new AbortController();
  readonly #request: McpRequest;
  readonly #clock: Clock;
  readonly #cancelTotal: () => void;
  #cancelSilence: () => void;

  constructor(request: McpRequest, clock: Clock) {
    this.#request = request;
    this.#clock = clock;
    this.signal = AbortSignal.any([request.signal, this.#late.signal]);
    this.#cancelSilence = this.#limit(request.timeoutMs, `it was silent for ${request.timeoutMs} ms`);
    this.#cancelTotal = this.#limit(request.maxDurationMs, `it was not done after ${request.maxDurationMs} ms`);
  }

  /** Why it was given up. */
  get reason(): string | undefined {
    return this.#late.signal.aborted ? String(this.#late.signal.reason) : undefined;
  }

  progressed({ progress, total, message }: { progress: number; total?: number | undefined; message?: string | undefined }): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#limit(this.#request.timeoutMs, `it was silent for ${this.#request.timeoutMs} ms`);
    const share = total === undefined ? String(progress) : `${progress}/${total}`;
    this.#request.onProgress?.(message === undefined ? `${share}\n` : `${cleanLine(message)} (${share})\n`);
  }

  close(): void {
    this.#cancelSilence();
    this.#cancelTotal();
  }

  #limit(ms: number, reason: string): () => void {
    return this.#clock.after(ms, () => this.#late.abort(reason));
  }
}

const ENDS_SESSION: ReadonlySet<FailureKind> = new Set(['session-lost', 'not-taken']);
const MAX_TRIES = 4;
const BACKOFF = { baseMs: 150, maxMs: 2_000 };
