/**
 * Sends one kind of request over as many connections as are asked for at once, and has every answer judged.
 *
 * An answer that is byte for byte the last one that was read and found good is good: only requests that are always the same are answered so.
 *
 * Owns: the connections, and the time that a request has. Does not own: when requests are sent.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { CancelTimer, Clock } from '../../base/clock.js';
import type { AnswerReader, Exchange } from './exchange.js';
import { type AnswerListener, LoadConnection } from './load-connection.js';

export interface Answer {
  readonly problem: string | undefined;
  readonly firstTextAtMs: number | undefined;
  readonly events: number;
}

export interface LoadClientOptions {
  readonly origin: string;
  readonly exchange: Exchange;
  /** Of one request, from when it is sent until its answer has all come. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

interface Pending {
  readonly connection: LoadConnection;
  readonly sentMs: number;
  readonly settle: (problem: string | undefined) => void;
}

export class LoadClient {
  readonly #options: LoadClientOptions;
  readonly #origin: URL;
  readonly #head: string;
  /** Whole, where all are the same. */
  readonly #request: Buffer | undefined;
  readonly #idle: LoadConnection[] = [];
  /** In the order in which they were sent, and so in which their time is up. */
  readonly #pending = new Set<Pending>();
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  readonly #nowMs: () => number;
  #known = Buffer.alloc(0);
  #cancelTimer: CancelTimer | undefined;

  constructor(options: LoadClientOptions) {
    const { origin, exchange, clock } = options;
    this.#options = options;
    this.#origin = new URL(origin);
    this.#nowMs = () => clock.monotonic();
    this.#head = headOf(this.#origin, exchange);
    if (typeof exchange.body !== 'function') this.#request = Buffer.from(this.#withBody(exchange.body));
  }

  /** Resolves when the answer has come, or not in time. */
  send(): Promise<Answer> {
    return new Promise((resolve) => {
      const { body, startReader } = this.#options.exchange;
      const connection = this.#connect();
      let reader: AnswerReader | undefined;
      const settle = (problem: string | undefined) => {
        this.#pending.delete(pending);
        resolve({ problem, firstTextAtMs: reader?.firstTextAtMs, events: reader?.events ?? 0 });
      };
      const pending: Pending = { connection, sentMs: this.#nowMs(), settle };
      const listener: AnswerListener = {
        isKnown: (bytes) => bytes.length === this.#known.length && this.#known.equals(bytes),
        onHead: (status, contentType) => {
          reader = startReader();
          reader.onHead(status, contentType);
        },
        onData: (chunk, nowMs) => reader?.onData(chunk, nowMs),
        onOver: (bytes) => {
          if (connection.isReady) this.#idle.push(connection);
          const problem = reader?.judge();
          if (reader !== undefined && problem === undefined && bytes !== undefined && this.#request !== undefined)
            this.#known = Buffer.from(bytes);
          settle(problem);
        },
        onFailure: settle,
      };
      this.#pending.add(pending);
      this.#cancelTimer ??= this.#startTimer(this.#options.timeoutMs);
      connection.send(this.#request ?? this.#withBody(typeof body === 'function' ? body() : body), listener);
    });
  }

  /** What is under way ends as `problem`. */
  close(problem: string): void {
    this.#cancelTimer?.();
    for (const pending of this.#pending) this.#giveUp(pending, problem);
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  #connect(): LoadConnection {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isReady) return idle;
      idle.destroy();
    }
    return new LoadConnection(this.#origin, this.#buffer, this.#nowMs);
  }

  /** One timer for all, since all have the same time: it waits for the oldest. */
  #startTimer(delayMs: number): CancelTimer {
    const { clock, timeoutMs } = this.#options;
    return clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      const dueMs = clock.monotonic() - timeoutMs;
      for (const pending of this.#pending) {
        if (pending.sentMs > dueMs) {
          this.#cancelTimer = this.#startTimer(pending.sentMs - dueMs);
          return;
        }
        this.#giveUp(pending, `no answer in ${timeoutMs} ms`);
      }
    });
  }

  #giveUp({ connection, settle }: Pending, problem: string): void {
    connection.destroy();
    settle(problem);
  }

  #withBody(body: string | undefined): string {
    return body === undefined ? `${this.#head}\r\n` : `${this.#head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  }
}

function headOf({ host }: URL, { method, path, headers }: Exchange): string {
  const lines = Object.entries(headers).map(([name, value]) => {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return `${name}: ${value}\r\n`;
  });
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}`;
}

const READ_BYTES = 65_536;
