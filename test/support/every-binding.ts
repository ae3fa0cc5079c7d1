/** One server spoken to in JSON-RPC, HTTP+JSON and gRPC alike, over the real wires, with a worker that the test steers. */
import { REST_ROUTES } from '../../src/a2a/rest-routes.js';
import type { Authenticate } from '../../src/access/authenticate.js';
import { AppError } from '../../src/base/errors.js';
import type { Front } from '../../src/http/front.js';
import { startTestFront } from './front-rig.js';
import { type GrpcReply, type GrpcRig, type MethodName, startGrpcRig } from './grpc-rig.js';
import type { ProtocolServer, ProtocolServerOptions } from './protocol-server.js';

export const BINDINGS = ['json-rpc', 'rest', 'grpc'] as const;
export type Binding = (typeof BINDINGS)[number];

type Json = Readonly<Record<string, unknown>>;

export interface EveryCallOptions {
  readonly agent?: string;
  /** Headers, or metadata. `x-subject` says who calls: default `local`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came of a call, whatever binding carried it. */
export interface Outcome {
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  readonly result?: any;
  readonly refused?: {
    readonly reason: string;
    readonly message: string;
    readonly fields: readonly string[];
    readonly isRetryable: boolean;
  };
  /** Bytes as text, where they are text. */
  readonly text?: string;
  /** Of HTTP; 0 over gRPC. */
  readonly status: number;
}

export interface EventStream {
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  next(): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  rest(): Promise<any[]>;
  close(): Promise<void>;
}

export interface Caller {
  call(operation: MethodName, params: Json, options?: EveryCallOptions): Promise<Outcome>;
  open(operation: MethodName, params: Json, options?: EveryCallOptions): Promise<Outcome & { readonly stream?: EventStream }>;
}

export interface EveryBinding {
  readonly server: ProtocolServer;
  readonly front: Front;
  readonly grpc: GrpcRig;
  readonly callers: Readonly<Record<Binding, Caller>>;
}

export async function startEveryBinding(
  t: { teardown(run: () => unknown): unknown },
  options: ProtocolServerOptions = {},
): Promise<EveryBinding> {
  const authenticate: Authenticate = async ({ headers }) => {
    const subject = headers['x-subject'] ?? 'local';
    if (subject === 'refused') throw new AppError('ACCESS_UNAUTHENTICATED');
    return { subject, authenticated: subject !== '' };
  };
  const grpc = await startGrpcRig(t, options, { authenticate });
  const { server } = grpc;
  const settings = server.dependencies.settings().server;
  const front = await startTestFront(t as { teardown(run: () => unknown): void }, server.binding, {
    settings,
    limits: settings.limits,
    authenticate,
  });
  return { server, front, grpc, callers: callersOf(front.url, grpc) };
}

export function callersOf(url: string, grpc: Pick<GrpcRig, 'call' | 'stream'>): EveryBinding['callers'] {
  const base = `${url}/agents`;
  return { 'json-rpc': jsonRpcCaller(base), rest: restCaller(base), grpc: grpcCaller(grpc) };
}

function jsonRpcCaller(base: string): Caller {
  const send = (method: string, params: Json, { agent = 'helper', headers }: EveryCallOptions) =>
    fetch(`${base}/${agent}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers },
      body: Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 7, method, params })),
    });
  return httpCaller(send, ({ result, error }) => ({ result, ...(error === undefined ? {} : { error, details: error.data }) }));
}

function restCaller(base: string): Caller {
  const send = (operation: string, params: Json, { agent = 'helper', headers }: EveryCallOptions) => {
    const route = REST_ROUTES.find((one) => one.operation === operation);
    if (route === undefined) throw new Error(`no route for ${operation}`);
    const { tenant, ...rest } = params;
    const left: Record<string, unknown> = { ...rest };
    const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = String(left[name]);
      delete left[name];
      return encodeURIComponent(value);
    });
    const query = route.method === 'POST' ? '' : `?${new URLSearchParams(left as Record<string, string>)}`;
    const prefix = tenant === undefined ? '' : `/${encodeURIComponent(String(tenant))}`;
    return fetch(`${base}/${agent}${prefix}${path}${query}`, {
      method: route.method,
      headers: { 'content-type': 'application/a2a+json', 'a2a-version': '1.0', ...headers },
      ...(route.method === 'POST' ? { body: Buffer.from(JSON.stringify(left)) } : {}),
    });
  };
  return httpCaller(send, (body) => (body.error === undefined ? { result: body } : { error: body.error, details: body.error.details }));
}

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire
type Unwrap = (body: any) => { readonly result?: any; readonly error?: { readonly message: string }; readonly details?: readonly any[] };
type Send = (operation: string, params: Json, options: EveryCallOptions) => Promise<Response>;

function httpCaller(send: Send, unwrap: Unwrap): Caller {
  const toOutcome = async (response: Response): Promise<Outcome> => {
    const text = await response.text();
    const { result, error, details = [] } = unwrap(JSON.parse(text));
    const about = { text, status: response.status };
    return error === undefined ? { result, ...about } : { refused: describeRefusal(error.message, details), ...about };
  };
  return {
    call: async (operation, params, options = {}) => toOutcome(await send(operation, params, options)),
    async open(operation, params, options = {}) {
      const response = await send(operation, params, { ...options, headers: { accept: 'text/event-stream', ...options.headers } });
      if (response.headers.get('content-type') !== 'text/event-stream') return toOutcome(response);
      return { status: response.status, stream: readEvents(response, unwrap) };
    },
  };
}

function readEvents(response: Response, unwrap: Unwrap): EventStream {
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let buffered = '';
  return streamOf(
    async () => {
      for (;;) {
        const end = buffered.indexOf('\n\n');
        if (end < 0) {
          const { done, value } = await reader.read();
          if (done) return undefined;
          buffered += value;
          continue;
        }
        const data = /^data: (.*)$/m.exec(buffered.slice(0, end))?.[1];
        buffered = buffered.slice(end + 2);
        if (data !== undefined) return unwrap(JSON.parse(data)).result;
      }
    },
    () => reader.cancel(),
  );
}

function grpcCaller({ call, stream }: Pick<GrpcRig, 'call' | 'stream'>): Caller {
  const address = (params: Json, { agent = 'helper', headers = {} }: EveryCallOptions) => {
    const tenant = params['tenant'] === undefined ? agent : `${agent}/${String(params['tenant'])}`;
    return [{ ...params, tenant }, { metadata: headers }] as const;
  };
  const toOutcome = ({ code, message, details, body }: GrpcReply): Outcome =>
    code === 0 ? { result: body, text: JSON.stringify(body), status: 0 } : { refused: describeRefusal(message, details), status: 0 };
  return {
    call: async (operation, params, options = {}) => toOutcome(await call(operation, ...address(params, options))),
    async open(operation, params, options = {}) {
      const opened = stream(operation, ...address(params, options));
      const hasBegun = await opened.headers.then(
        () => true,
        () => false,
      );
      if (!hasBegun) return toOutcome(await opened.ended);
      return { status: 0, stream: streamOf(opened.next, async () => opened.call.cancel()) };
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire
function streamOf(next: () => Promise<any>, close: () => Promise<void>): EventStream {
  return {
    next,
    close,
    async rest() {
      // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
      const events: any[] = [];
      for (let event = await next(); event !== undefined; event = await next()) events.push(event);
      return events;
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire
function describeRefusal(message: string, details: readonly any[]): Outcome['refused'] {
  return {
    message,
    reason: details.find(({ reason }) => reason !== undefined)?.reason ?? '',
    fields: details.flatMap(({ fieldViolations = [] }) => fieldViolations.map(({ field }: { field: string }) => field)),
    isRetryable: details.some((detail) => 'retryDelay' in detail || 'retryDelayMs' in detail),
  };
}
