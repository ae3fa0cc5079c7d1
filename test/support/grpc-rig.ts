/** The gRPC server over the protocol tests' rig, and a client that speaks to it as a foreign one would. */
import * as sdk from '@a2a-js/sdk';
import { A2AService } from '@a2a-js/sdk/server/grpc';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { Client, type ClientReadableStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { createOperations } from '../../src/a2a/operations.js';
import { systemClock } from '../../src/base/clock.js';
import { type GrpcFront, type GrpcFrontOptions, startGrpcFront } from '../../src/grpc/grpc-front.js';
import { silentLogger } from '../../src/observe/log.js';
import { type ProtocolServer, type ProtocolServerOptions, startProtocolServer } from './protocol-server.js';

type Json = Readonly<Record<string, unknown>>;

export interface GrpcCallOptions {
  /** Replaces the default metadata by name; `undefined` takes one away, a list gives several values. */
  readonly metadata?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly deadlineMs?: number;
}

export interface GrpcReply {
  /** 'OK' never comes with `error`. */
  readonly code: number;
  readonly message: string;
  readonly details: readonly Json[];
  readonly headers: Metadata;
  readonly trailers: Metadata;
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  readonly body: any;
}

export interface GrpcStream {
  readonly call: ClientReadableStream<unknown>;
  /** Settles with the head of the answer; rejects when the call fails before it. */
  readonly headers: Promise<Metadata>;
  /** The next event as JSON; `undefined` when the stream has ended, well or not. */
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  next(): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  rest(): Promise<any[]>;
  /** How it ended. */
  readonly ended: Promise<GrpcReply>;
}

export interface GrpcRig {
  readonly server: ProtocolServer;
  readonly front: GrpcFront;
  readonly client: Client;
  call(method: MethodName, request: unknown, options?: GrpcCallOptions): Promise<GrpcReply>;
  /** The bytes as they are, to any path. */
  callRaw(path: string, bytes: Buffer, options?: GrpcCallOptions): Promise<GrpcReply>;
  stream(method: MethodName, request: unknown, options?: GrpcCallOptions): GrpcStream;
}

export type MethodName = keyof typeof REQUESTS;

export async function startGrpcRig(
  t: { teardown(run: () => unknown): unknown },
  options: ProtocolServerOptions = {},
  change: Partial<GrpcFrontOptions> | ((server: ProtocolServer) => Partial<GrpcFrontOptions>) = {},
): Promise<GrpcRig> {
  const server = startProtocolServer(t, options);
  const { settings } = server.dependencies;
  const front = await startGrpcFront({
    observer: server.dependencies.observer,
    ...{ operations: createOperations(server.dependencies), settings, server: settings().server, baseUrl: () => server.baseUrl, port: 0 },
    ...{ authenticate: async () => ({ subject: 'local', authenticated: true }), log: silentLogger, clock: systemClock },
    ...(typeof change === 'function' ? change(server) : change),
  });
  t.teardown(() => front.close());
  const client = connectClient(t, front.port);
  return { server, front, client, ...callsOf(client) };
}

export function connectClient(t: { teardown(run: () => unknown): unknown }, port: number): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  });
  t.teardown(() => client.close());
  return client;
}

export function callsOf(client: Client): Pick<GrpcRig, 'call' | 'callRaw' | 'stream'> {
  const unary = (path: string, bytes: Buffer, toBody: (bytes: Buffer) => unknown, options: GrpcCallOptions) =>
    new Promise<GrpcReply>((resolve) => {
      let headers = new Metadata();
      let failure: ServiceError | null = null;
      let body: unknown;
      const call = client.makeUnaryRequest(path, asIs, asIs, bytes, metadataOf(options), deadlineOf(options), (error, value) => {
        failure = error;
        if (value !== undefined) body = toBody(value);
      });
      call.on('metadata', (metadata) => {
        headers = metadata;
      });
      call.on('status', ({ code, details, metadata }) => {
        // After the callback, which the library runs in the same turn or the next.
        setImmediate(() => resolve({ ...replyOf(failure?.code ?? code, failure?.details ?? details, metadata), headers, body }));
      });
    });
  return {
    call: (method, request, options = {}) =>
      unary(
        wireOf(method).path,
        encodeRequest(method, request),
        (bytes) => toJson(method, wireOf(method).responseDeserialize(bytes)),
        options,
      ),
    callRaw: (path, bytes, options = {}) => unary(path, bytes, () => undefined, options),
    stream: (method, request, options = {}) => openStream(client, method, request, options),
  };
}

/** A request given as JSON, or already as the SDK's object when it is marked so. */
export function encodeRequest(method: MethodName, request: unknown): Buffer {
  const message = request instanceof Ready ? request.message : REQUESTS[method].fromJSON(request as Json);
  return (wireOf(method).requestSerialize as (message: unknown) => Buffer)(message);
}

/** A request object that is encoded as it is. */
export class Ready {
  readonly message: unknown;

  constructor(message: unknown) {
    this.message = message;
  }
}

function openStream(client: Client, method: MethodName, request: unknown, options: GrpcCallOptions): GrpcStream {
  const { path, responseDeserialize } = wireOf(method);
  const bytes = encodeRequest(method, request);
  const call = client.makeServerStreamRequest(
    path,
    asIs,
    responseDeserialize as (bytes: Buffer) => unknown,
    bytes,
    metadataOf(options),
    deadlineOf(options),
  );
  let head = new Metadata();
  const headers = new Promise<Metadata>((resolve, reject) => {
    call.once('metadata', (metadata) => {
      head = metadata;
      resolve(metadata);
    });
    call.once('status', ({ code, details }) => reject(new Error(`${code} ${details}`)));
  });
  headers.catch(() => {});
  const ended = new Promise<GrpcReply>((resolve) => {
    call.once('status', ({ code, details, metadata }) => resolve({ ...replyOf(code, details, metadata), headers: head, body: undefined }));
  });
  call.on('error', () => {});
  const iterator = call[Symbol.asyncIterator]();
  const stream: GrpcStream = {
    call,
    headers,
    ended,
    async next() {
      try {
        const { done, value } = await iterator.next();
        return done === true ? undefined : sdk.StreamResponse.toJSON(value);
      } catch {
        return undefined;
      }
    },
    async rest() {
      const events = [];
      for (let event = await stream.next(); event !== undefined; event = await stream.next()) events.push(event);
      return events;
    },
  };
  return stream;
}

function replyOf(code: number, message: string, trailers: Metadata): Omit<GrpcReply, 'headers' | 'body'> {
  const [packed] = trailers.get('grpc-status-details-bin');
  return { code, message, trailers, details: packed === undefined ? [] : decodeStatus(packed as Buffer, code, message) };
}

/** google.rpc.Status, read by field numbers as the public protos give them. */
function decodeStatus(bytes: Buffer, code: number, message: string): Json[] {
  const fields = readFields(bytes);
  if (fields.get(1)?.[0] !== code || textOf(fields.get(2)?.[0]) !== message)
    throw new Error('google.rpc.Status is not the status of the call');
  return (fields.get(3) ?? []).map((packed) => {
    const any = readFields(packed as Buffer);
    const type = textOf(any.get(1)?.[0]);
    return { '@type': type, ...decodeDetail(type, readFields((any.get(2)?.[0] as Buffer | undefined) ?? Buffer.alloc(0))) };
  });
}

function decodeDetail(type: string, fields: Fields): Json {
  const pairs = (entries: readonly (Buffer | number)[] = []) =>
    entries.map((entry) => {
      const pair = readFields(entry as Buffer);
      return [textOf(pair.get(1)?.[0]), textOf(pair.get(2)?.[0])] as const;
    });
  switch (type.split('.').at(-1)) {
    case 'ErrorInfo': {
      const metadata = Object.fromEntries(pairs(fields.get(3)));
      const info = { reason: textOf(fields.get(1)?.[0]), domain: textOf(fields.get(2)?.[0]) };
      return Object.keys(metadata).length === 0 ? info : { ...info, metadata };
    }
    case 'BadRequest':
      return { fieldViolations: pairs(fields.get(1)).map(([field, description]) => ({ field, description })) };
    case 'QuotaFailure':
      return { violations: pairs(fields.get(1)).map(([subject, description]) => ({ subject, description })) };
    case 'RetryInfo': {
      const duration = readFields(fields.get(1)?.[0] as Buffer);
      return { retryDelayMs: Number(duration.get(1)?.[0] ?? 0) * 1000 + Number(duration.get(2)?.[0] ?? 0) / 1e6 };
    }
    default:
      throw new Error(`unknown detail ${type}`);
  }
}

type Fields = ReadonlyMap<number, readonly (Buffer | number)[]>;

function readFields(bytes: Buffer): Fields {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, (Buffer | number)[]>();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const value = wireType === 2 ? Buffer.from(reader.bytes()) : Number(reader.int64());
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

function textOf(value: Buffer | number | undefined): string {
  return value === undefined ? '' : value.toString();
}

function metadataOf({ metadata = {} }: GrpcCallOptions): Metadata {
  const all = new Metadata();
  for (const [name, value] of Object.entries({ 'a2a-version': '1.0', ...metadata })) {
    for (const one of value === undefined ? [] : [value].flat()) all.add(name, one);
  }
  return all;
}

function deadlineOf({ deadlineMs = 30_000 }: GrpcCallOptions) {
  return { deadline: Date.now() + deadlineMs };
}

function toJson(method: MethodName, message: unknown): unknown {
  return (RESPONSES[method] as { toJSON(message: unknown): unknown } | undefined)?.toJSON(message) ?? message;
}

export function wireOf(method: MethodName) {
  return A2AService[`${(method[0] as string).toLowerCase()}${method.slice(1)}` as keyof typeof A2AService];
}

const asIs = (bytes: Buffer) => bytes;

const REQUESTS = {
  SendMessage: sdk.SendMessageRequest,
  SendStreamingMessage: sdk.SendMessageRequest,
  GetTask: sdk.GetTaskRequest,
  ListTasks: sdk.ListTasksRequest,
  CancelTask: sdk.CancelTaskRequest,
  SubscribeToTask: sdk.SubscribeToTaskRequest,
  CreateTaskPushNotificationConfig: sdk.TaskPushNotificationConfig,
  GetTaskPushNotificationConfig: sdk.GetTaskPushNotificationConfigRequest,
  ListTaskPushNotificationConfigs: sdk.ListTaskPushNotificationConfigsRequest,
  DeleteTaskPushNotificationConfig: sdk.DeleteTaskPushNotificationConfigRequest,
  GetExtendedAgentCard: sdk.GetExtendedAgentCardRequest,
};

const RESPONSES: Partial<Record<MethodName, unknown>> = {
  SendMessage: sdk.SendMessageResponse,
  GetTask: sdk.Task,
  ListTasks: sdk.ListTasksResponse,
  CancelTask: sdk.Task,
  CreateTaskPushNotificationConfig: sdk.TaskPushNotificationConfig,
  GetTaskPushNotificationConfig: sdk.TaskPushNotificationConfig,
  ListTaskPushNotificationConfigs: sdk.ListTaskPushNotificationConfigsResponse,
  GetExtendedAgentCard: sdk.AgentCard,
};

export const METHOD_NAMES = Object.keys(REQUESTS) as MethodName[];
