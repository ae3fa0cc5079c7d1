/**
 * What the protocol tests talk to. Its body may be swapped for the full stack; the tests see only this interface:
 * JSON-RPC in and out, and a worker that they steer.
 */

import { createAgentCards } from '../../src/a2a/agent-cards.js';
import type { A2aBinding } from '../../src/a2a/binding.js';
import type { BindingRequest, ServerSentEvent } from '../../src/a2a/binding-reply.js';
import { createA2aBinding } from '../../src/a2a/create-binding.js';
import type { OperationDependencies } from '../../src/a2a/operation-call.js';
import { JSON_RPC_BINDING, REST_BINDING } from '../../src/a2a/supported-interfaces.js';
import type { Principal } from '../../src/access/principal.js';
import { StreamQuota } from '../../src/access/stream-quota.js';
import { systemClock } from '../../src/base/clock.js';
import type { AgentSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Observer } from '../../src/observe/observer.js';
import { isRunnable } from '../../src/protocol/task-state.js';
import { createAcceptMessage } from '../../src/tasks/accept-message.js';
import { createCancelTask } from '../../src/tasks/cancel-task.js';
import { createLiveFeed, type LiveFeed } from '../../src/tasks/live-feed.js';
import { InMemoryTaskStore } from './in-memory-task-store.js';
import { InProcessFeed } from './in-process-feed.js';
import { type ServerChange, testSettings } from './test-settings.js';
import { type TestRun, takeTask } from './test-worker.js';

export interface ProtocolServerOptions {
  readonly agents?: Readonly<Record<string, AgentSettings>>;
  readonly server?: ServerChange;
  readonly defaultAgent?: string;
  /** Told of failures. Default: nobody is. */
  readonly observer?: Observer;
}

export interface CallOptions {
  /** Replaces the default headers by name; `undefined` takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly agent?: string;
  readonly id?: string | number | null;
  readonly query?: string;
  readonly principal?: Principal;
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  readonly body: any;
}

export interface WireFrame {
  readonly id: string | undefined;
  readonly event: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  readonly data: any;
}

export interface WireStream {
  readonly headers: Readonly<Record<string, string>>;
  /** The next event; `undefined` when the stream has ended. */
  next(): Promise<WireFrame | undefined>;
  /** Everything to the end of the stream. */
  rest(): Promise<readonly WireFrame[]>;
  close(): Promise<void>;
}

export interface ProtocolServer {
  readonly baseUrl: string;
  readonly binding: A2aBinding;
  /** For further bindings over the same operations. */
  readonly dependencies: OperationDependencies;
  readonly store: InMemoryTaskStore;
  readonly live: InProcessFeed;
  readonly feed: LiveFeed;
  /** Sends a body as it is. */
  post(body: string, options?: CallOptions): Promise<Reply>;
  call(method: string, params: unknown, options?: CallOptions): Promise<Reply>;
  stream(method: string, params: unknown, options?: CallOptions): Promise<WireStream>;
  /** SendMessage that returns at once; the task. */
  submit(text: string, options?: CallOptions): Promise<{ id: string; contextId: string }>;
  /** Takes the task as a worker does. */
  run(taskId: string): Promise<TestRun>;
  /** Takes the next task whose job is queued, once there is one. */
  nextRun(): Promise<TestRun & { readonly taskId: string }>;
}

export function startProtocolServer(t: { teardown(run: () => void): unknown }, options: ProtocolServerOptions = {}): ProtocolServer {
  const settings = testSettings(options);
  const store = new InMemoryTaskStore();
  const live = new InProcessFeed();
  const feed = createLiveFeed({ store, receiver: live, clock: systemClock, log: silentLogger });
  t.teardown(() => feed.close());
  const jobs: string[] = [];
  const waiting: ((taskId: string) => void)[] = [];
  const queue = {
    async enqueue({ id }: { id: string }) {
      const waiter = waiting.shift();
      if (waiter === undefined) jobs.push(id);
      else waiter(id);
    },
    async assertCapacity() {},
  };
  const signals = { async announce() {}, listen: async () => ({ close() {} }) };
  const dependencies: OperationDependencies = {
    settings: () => settings,
    store,
    acceptMessage: createAcceptMessage({ store, queue, publisher: live, signals, clock: systemClock }),
    cancelTask: createCancelTask({ store, queue, publisher: live, signals, clock: systemClock }),
    feed,
    quota: new StreamQuota(settings.server.limits.maxStreamsPerCaller),
    cards: createAgentCards({
      settings: () => settings,
      version: '9.9.9',
      bindings: () => [JSON_RPC_BINDING, REST_BINDING],
      clock: systemClock,
    }),
    log: silentLogger,
    clock: systemClock,
    ...(options.observer === undefined ? {} : { observer: options.observer }),
  };
  const binding = createA2aBinding(dependencies);
  const baseUrl = 'http://127.0.0.1:9';
  const send = (body: string, { headers, agent = 'helper', query = '', principal, signal }: CallOptions) => {
    const all: Record<string, string> = {};
    const given = { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers };
    for (const [name, value] of Object.entries(given)) if (value !== undefined) all[name.toLowerCase()] = value;
    const request: BindingRequest = {
      agent,
      headers: all,
      query: new URLSearchParams(query),
      body: Buffer.from(body),
      baseUrl,
      signal: signal ?? new AbortController().signal,
    };
    return binding.handleJsonRpc(request, principal ?? { subject: 'local', authenticated: true });
  };
  const encode = (method: string, params: unknown, { id = 1 }: CallOptions) => JSON.stringify({ jsonrpc: '2.0', id, method, params });

  const server: ProtocolServer = {
    baseUrl,
    binding,
    dependencies,
    store,
    live,
    feed,
    async post(body, callOptions = {}) {
      const reply = await send(body, callOptions);
      if (reply.type === 'stream') throw new Error('got a stream');
      return { status: reply.status, headers: reply.headers, body: JSON.parse(reply.body) };
    },
    call: (method, params, callOptions = {}) => server.post(encode(method, params, callOptions), callOptions),
    async stream(method, params, callOptions = {}) {
      const reply = await send(encode(method, params, callOptions), callOptions);
      if (reply.type === 'json') throw new Error(`not a stream: ${reply.status} ${reply.body}`);
      return toWireStream(reply.headers, reply.events);
    },
    async submit(text, callOptions = {}) {
      const { body } = await server.call(
        'SendMessage',
        { message: userMessage(text), configuration: { returnImmediately: true } },
        callOptions,
      );
      return body.result.task;
    },
    run: (taskId) => takeTask(store, live, taskId),
    async nextRun() {
      for (;;) {
        const taskId = jobs.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve)));
        // A job is a hint: what was run by hand meanwhile is passed over.
        const record = await store.find(taskId, undefined);
        if (record !== undefined && isRunnable(record.state)) return { ...(await takeTask(store, live, taskId)), taskId };
      }
    },
  };
  return server;
}

let messages = 0;

export function userMessage(text: string, extra: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  messages += 1;
  return { messageId: `message-${messages}`, role: 'ROLE_USER', parts: [{ text }], ...extra };
}

function toWireStream(headers: Readonly<Record<string, string>>, events: AsyncIterable<ServerSentEvent>): WireStream {
  const iterator = events[Symbol.asyncIterator]();
  const stream: WireStream = {
    headers,
    async next() {
      const { done, value } = await iterator.next();
      if (done === true) return undefined;
      const { id, event, data } = value as ServerSentEvent;
      return { id, event, data: JSON.parse(data) };
    },
    async rest() {
      const frames: WireFrame[] = [];
      for (let frame = await stream.next(); frame !== undefined; frame = await stream.next()) frames.push(frame);
      return frames;
    },
    async close() {
      await iterator.return?.();
    },
  };
  return stream;
}
