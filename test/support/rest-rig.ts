/** The HTTP+JSON binding over a real server, with a worker that the test steers. */
import { AppError } from '../../src/base/errors.js';
import type { ServerSettings } from '../../src/config/settings.js';
import { startTestFront } from './front-rig.js';
import {
  type ProtocolServer,
  type ProtocolServerOptions,
  type Reply,
  startProtocolServer,
  userMessage,
  type WireFrame,
} from './protocol-server.js';
import { type ServerChange, serverSettings } from './test-settings.js';

export interface AskOptions {
  /** Replaces the default headers by name; `undefined` takes one away. `x-subject` says who calls: default `local`, '' is nobody. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly agent?: string;
  /** Sent as JSON, a text as it is. Default: none. */
  readonly body?: unknown;
}

export interface RestStream {
  readonly headers: Headers;
  next(): Promise<WireFrame | undefined>;
  rest(): Promise<readonly WireFrame[]>;
  close(): Promise<void>;
}

export interface RestServer extends Pick<ProtocolServer, 'store' | 'live' | 'feed' | 'binding' | 'run' | 'nextRun'> {
  readonly url: string;
  readonly port: number;
  /** `path` is below the agent's. */
  ask(method: string, path: string, options?: AskOptions): Promise<Reply>;
  open(method: string, path: string, options?: AskOptions): Promise<RestStream>;
  /** Sends a message that is not waited for; the task. */
  submit(text: string, options?: AskOptions & { readonly tenant?: string }): Promise<{ id: string; contextId: string }>;
  drain(budgetMs: number): Promise<void>;
}

export interface RestServerOptions extends Omit<ProtocolServerOptions, 'server'> {
  readonly http: ServerSettings['http'];
  readonly server?: ServerChange;
  readonly limits?: Partial<ServerSettings['limits']>;
}

export async function startRestServer(
  t: { teardown(run: () => unknown): unknown },
  { http, server: settings = {}, limits = {}, ...options }: RestServerOptions,
): Promise<RestServer> {
  const all = { ...settings, http, limits: { ...serverSettings().limits, ...limits } };
  const { store, live, feed, binding, run, nextRun } = startProtocolServer(t, { ...options, server: all });
  const front = await startTestFront(t as { teardown(run: () => unknown): void }, binding, {
    settings: serverSettings(all),
    limits,
    authenticate: async ({ headers }) => {
      const subject = headers['x-subject'] ?? 'local';
      if (subject === 'refused') throw new AppError('ACCESS_UNAUTHENTICATED');
      return { subject, authenticated: subject !== '' };
    },
  });
  const send = (method: string, path: string, { headers, agent = 'helper', body }: AskOptions) => {
    const given = { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers };
    return fetch(`${front.url}/agents/${agent}${path}`, {
      method,
      headers: Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined),
      // Bytes, as fetch gives a text a content type of its own.
      ...(body === undefined ? {} : { body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }),
    });
  };
  const server: RestServer = {
    store,
    live,
    feed,
    binding,
    run,
    nextRun,
    url: front.url,
    port: front.port,
    drain: (budgetMs) => front.drain(budgetMs),
    async ask(method, path, askOptions = {}) {
      const response = await send(method, path, askOptions);
      const text = await response.text();
      return { status: response.status, headers: Object.fromEntries(response.headers), body: text === '' ? undefined : JSON.parse(text) };
    },
    async open(method, path, askOptions = {}) {
      const response = await send(method, path, { ...askOptions, headers: { accept: 'text/event-stream', ...askOptions.headers } });
      if (response.headers.get('content-type') !== 'text/event-stream')
        throw new Error(`not a stream: ${response.status} ${await response.text()}`);
      return toStream(response);
    },
    async submit(text, { tenant, ...askOptions } = {}) {
      const path = tenant === undefined ? '/message:send' : `/${encodeURIComponent(tenant)}/message:send`;
      const body = { message: userMessage(text), configuration: { returnImmediately: true } };
      return (await server.ask('POST', path, { ...askOptions, body })).body.task;
    },
  };
  return server;
}

function toStream(response: Response): RestStream {
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let buffered = '';
  const stream: RestStream = {
    headers: response.headers,
    async next() {
      for (;;) {
        const end = buffered.indexOf('\n\n');
        if (end >= 0) {
          const frame = parseFrame(buffered.slice(0, end));
          buffered = buffered.slice(end + 2);
          if (frame !== undefined) return frame;
          continue;
        }
        const { done, value } = await reader.read();
        if (done) return undefined;
        buffered += value;
      }
    },
    async rest() {
      const frames: WireFrame[] = [];
      for (let frame = await stream.next(); frame !== undefined; frame = await stream.next()) frames.push(frame);
      return frames;
    },
    close: () => reader.cancel(),
  };
  return stream;
}

function parseFrame(block: string): WireFrame | undefined {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const data = field('data');
  return data === undefined ? undefined : { id: field('id'), event: field('event'), data: JSON.parse(data) };
}
