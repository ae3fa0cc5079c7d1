/**
 * The way to one server: opened when it is first needed, and again after it broke.
 *
 * Owns: the session, the back-off between tries, the idle timer. Does not own: what is asked over it.
 * 1. One try to connect at a time; whoever asks meanwhile waits for the same.
 * 2. After a try that failed there is none before the back-off ends: who asks until then gets its failure at once.
 * 3. The back-off is forgotten when a session has answered something, not when it has begun: a server that dies of the
 *    first question is not started again and again.
 */
import { untilAborted } from '../../../../base/abort.js';
import { backoffMs } from '../../../../base/backoff.js';
import type { CancelTimer } from '../../../../base/clock.js';
import { AppError, toAppError } from '../../../../base/errors.js';
import { loadSdk } from './load-sdk.js';
import { type McpSession, type OpenSessionOptions, openSession, type TransportKind } from './open-session.js';

export interface ConnectionState {
  readonly state: 'idle' | 'connecting' | 'connected' | 'unreachable' | 'closed';
  /** What was connected to last, or is now. */
  readonly transport: TransportKind | 'auto';
  readonly connectedAt?: number;
  readonly failure?: { readonly message: string; readonly at: number; readonly nextTryAt: number };
}

export class McpConnection {
  readonly #options: Omit<OpenSessionOptions, 'sdk'>;
  readonly #closed = new AbortController();
  #transport: TransportKind | 'auto';
  #opening: Promise<McpSession> | undefined;
  #session: McpSession | undefined;
  #connectedAt: number | undefined;
  #hasAnswered = false;
  #failures = 0;
  #failure: { readonly error: AppError; readonly at: number; readonly nextTryAt: number } | undefined;
  #pending = 0;
  #cancelIdle: CancelTimer | undefined;

  constructor(options: Omit<OpenSessionOptions, 'sdk'>) {
    this.#options = options;
    const { transport, command } = options.settings;
    this.#transport = transport === 'auto' && command !== undefined ? 'stdio' : transport;
  }

  get current(): McpSession | undefined {
    return this.#session;
  }

  /** A try has failed since something was answered. */
  get isTroubled(): boolean {
    return this.#failures > 0;
  }

  describe(): ConnectionState {
    const failure = this.#failure;
    const state = this.#closed.signal.aborted
      ? 'closed'
      : this.#session !== undefined
        ? 'connected'
        : this.#opening !== undefined
          ? 'connecting'
          : failure === undefined
            ? 'idle'
            : 'unreachable';
    return {
      state,
      transport: this.#transport,
      ...(this.#session === undefined || this.#connectedAt === undefined ? {} : { connectedAt: this.#connectedAt }),
      ...(failure === undefined ? {} : { failure: { message: failure.error.message, at: failure.at, nextTryAt: failure.nextTryAt } }),
    };
  }

  /**
   * The session, opened when there is none. The signal ends the wait, not the try.
   * @param isPatient a try is made although the back-off has not ended.
   * @throws AppError `MCP_UNAVAILABLE`, `MCP_UNAUTHORIZED`
   */
  async getSession(signal: AbortSignal, isPatient = false): Promise<McpSession> {
    if (this.#closed.signal.aborted) throw this.#closed.signal.reason;
    if (this.#session !== undefined) return this.#session;
    const { clock } = this.#options;
    const failure = this.#failure;
    if (this.#opening === undefined && failure !== undefined && !isPatient && clock.now() < failure.nextTryAt) {
      const waitS = Math.ceil((failure.nextTryAt - clock.now()) / 1_000);
      throw new AppError(failure.error.code, { message: `${failure.error.message} (tried again in ${waitS} s)`, cause: failure.error });
    }
    this.#opening ??= this.#open(isPatient).finally(() => {
      this.#opening = undefined;
    });
    return await untilAborted(this.#opening, signal);
  }

  /** Keeps the session from being closed as idle; the result ends that. */
  use(): () => void {
    this.#pending += 1;
    this.#cancelIdle?.();
    this.#cancelIdle = undefined;
    return () => {
      this.#pending -= 1;
      const { clock, settings } = this.#options;
      if (this.#pending > 0 || settings.idleTimeoutMs === 0 || this.#closed.signal.aborted) return;
      this.#cancelIdle = clock.after(settings.idleTimeoutMs, () => void this.drop(this.#session));
    };
  }

  /** The server has answered. */
  succeeded(): void {
    this.#hasAnswered = true;
    this.#failures = 0;
    this.#failure = undefined;
  }

  /** What the server did, or did not, is as bad as no connection: the session ends and the back-off begins. */
  async fail(session: McpSession | undefined, error: AppError): Promise<void> {
    this.#noteFailure(error);
    await this.drop(session);
  }

  /** Ends the session, if it is still this one; the next request opens another. */
  async drop(session: McpSession | undefined): Promise<void> {
    if (session === undefined || this.#session !== session) return;
    this.#session = undefined;
    await session.close().catch((error: unknown) => this.#options.log.debug({ err: error }, 'an MCP session did not close cleanly'));
  }

  async close(): Promise<void> {
    const { name } = this.#options;
    this.#closed.abort(new AppError('MCP_UNAVAILABLE', { message: `tools.${name}: the MCP server is no longer in use here` }));
    this.#cancelIdle?.();
    // A try under way ends by the signal, and leaves nothing running.
    await this.#opening?.catch(() => undefined);
    await this.drop(this.#session);
  }

  async #open(isPatient: boolean): Promise<McpSession> {
    const { name, clock, log } = this.#options;
    try {
      const sdk = await loadSdk();
      const session = await openSession({ ...this.#options, sdk }, this.#transport, this.#closed.signal);
      if (this.#closed.signal.aborted) {
        await session.close();
        throw this.#closed.signal.reason;
      }
      this.#transport = session.transport;
      this.#session = session;
      this.#hasAnswered = false;
      this.#connectedAt = clock.now();
      session.over.addEventListener('abort', () => this.#ended(session), { once: true });
      if (session.over.aborted) this.#ended(session);
      const server = session.client.getServerVersion();
      log.info({ server: name, transport: session.transport, version: server?.version }, `connected to the MCP server '${name}'`);
      return session;
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#noteFailure(toAppError(error), isPatient);
      throw error;
    }
  }

  #ended(session: McpSession): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    const { name, log } = this.#options;
    if (!this.#hasAnswered) this.#noteFailure(toAppError(session.over.reason));
    else log.warn({ server: name, err: session.over.reason }, `the connection to the MCP server '${name}' broke`);
  }

  /** @param isRepeated another try of one request: the back-off grows by requests, not by their tries. */
  #noteFailure(error: AppError, isRepeated = false): void {
    const { name, clock, log } = this.#options;
    if (!isRepeated || this.#failures === 0) this.#failures += 1;
    const at = clock.now();
    const delayMs = backoffMs(this.#failures, BACKOFF);
    this.#failure = { error, at, nextTryAt: at + delayMs };
    log.warn({ server: name, err: error, nextTryInMs: delayMs }, `the MCP server '${name}' cannot be used`);
  }
}

const BACKOFF = { baseMs: 1_000, maxMs: 60_000 };
