/**
 * A caller with several fronts to choose from: one after the other until one answers, as any load balancer does. What was sent may be
 * sent again, because the same message is the same task (R11).
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Upstreams {
  fronts(): readonly string[];
}

export interface BalancedOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Silence after which a front is taken for dead, milliseconds. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** What came of one attempt at one front. */
type Attempt<T> = { readonly type: 'answered'; readonly value: T } | { readonly type: 'failed'; readonly reason: string };

export interface BalancedCaller {
  /** The parsed JSON-RPC response of the first front that gives one. @throws the signal's reason. */
  // biome-ignore lint/suspicious/noExplicitAny: replies are what came over the wire
  call(method: string, params: unknown, options: BalancedOptions): Promise<any>;
  /**
   * One stream at one front; ends when the connection does, however that was. `onBlock` gets each event's lines.
   * Resolves with `undefined` for a stream, else with the JSON-RPC response that came instead.
   */
  // biome-ignore lint/suspicious/noExplicitAny: replies are what came over the wire
  stream(method: string, params: unknown, options: BalancedOptions, onBlock: (block: string) => void): Promise<any>;
  /** Attempts that ended without an answer, by reason. */
  readonly failures: Map<string, number>;
  close(): void;
}

export function createBalancedCaller(upstreams: Upstreams, agentName: string): BalancedCaller {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const failures = new Map<string, number>();
  let turn = 0;

  const attempt = <T>(
    method: string,
    params: unknown,
    { headers = {}, silenceMs, signal }: BalancedOptions,
    read: (response: IncomingMessage) => Promise<T>,
  ): Promise<Attempt<T>> =>
    new Promise((resolve) => {
      const fronts = upstreams.fronts();
      const front = fronts[turn++ % Math.max(1, fronts.length)];
      const fail = (reason: string) => {
        failures.set(reason, (failures.get(reason) ?? 0) + 1);
        resolve({ type: 'failed', reason });
      };
      if (front === undefined) return fail('no front');
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
      const outgoing = request(`${front}/agents/${agentName}`, {
        agent,
        method: 'POST',
        timeout: silenceMs,
        signal,
        headers: { 'content-type': 'application/json', 'a2a-version': '1.0', 'content-length': Buffer.byteLength(body), ...headers },
      });
      outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('silent'), { code: 'SILENT' })));
      outgoing.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
      outgoing.on('response', (response) => {
        if (response.statusCode === 503) {
          response.resume();
          return fail('503');
        }
        read(response).then(
          (value) => resolve({ type: 'answered', value }),
          (error: NodeJS.ErrnoException) => fail(error.code ?? error.message),
        );
      });
      outgoing.end(body);
    });

  return {
    failures,
    async call(method, params, options) {
      for (let attempts = 1; ; attempts++) {
        options.signal.throwIfAborted();
        const outcome = await attempt(method, params, options, readJson);
        if (outcome.type === 'answered') return outcome.value;
        if (attempts % Math.max(1, upstreams.fronts().length) === 0) await sleep(RETRY_MS, undefined, { signal: options.signal });
      }
    },
    async stream(method, params, options, onBlock) {
      options.signal.throwIfAborted();
      const outcome = await attempt(method, params, options, async (response) => {
        const isStream = (response.headers['content-type'] ?? '').startsWith('text/event-stream');
        return isStream ? await readBlocks(response, onBlock) : await readJson(response);
      });
      if (outcome.type === 'answered') return outcome.value;
      if (outcome.reason !== 'ECONNRESET') await sleep(RETRY_MS, undefined, { signal: options.signal });
      return undefined;
    },
    close: () => agent.destroy(),
  };
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  return JSON.parse(text);
}

async function readBlocks(response: IncomingMessage, onBlock: (block: string) => void): Promise<undefined> {
  let buffered = '';
  for await (const chunk of response.setEncoding('utf8')) {
    buffered += chunk as string;
    for (let end = buffered.indexOf('\n\n'); end >= 0; end = buffered.indexOf('\n\n')) {
      onBlock(buffered.slice(0, end));
      buffered = buffered.slice(end + 2);
    }
  }
  return undefined;
}

const RETRY_MS = 50;
