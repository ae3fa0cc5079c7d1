/** The gRPC server: one address for all agents (API-60). */
import { Server, ServerCredentials, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData } from '@grpc/grpc-js';
import type { Certificates } from '../access/certificates.js';
import type { Clock } from '../base/clock.js';
import type { ServerSettings } from '../config/settings.js';
import { answerStream, answerUnary, type CallPorts } from './answer-call.js';
import { CallDrain } from './call-drain.js';
import { CertificateCredentials } from './certificate-credentials.js';
import { bindServer } from './listen.js';
import { type GrpcMethod, METHODS } from './methods.js';

export interface GrpcFrontOptions extends Omit<CallPorts, 'drain'> {
  /** Of the start: a reload moves no port. */
  readonly server: ServerSettings;
  /** 0 = any free one. */
  readonly port: number;
  /** Default: connections are not encrypted. */
  readonly certificates?: Certificates | undefined;
  readonly clock: Clock;
}

export interface GrpcFront {
  readonly port: number;
  /** Lets what runs finish within `budgetMs`, then closes. May be called twice. */
  drain(budgetMs: number): Promise<void>;
  /** Ends every connection now. May be called twice. */
  close(): void;
}

export async function startGrpcFront(options: GrpcFrontOptions): Promise<GrpcFront> {
  const { host, limits } = options.server;
  const drain = new CallDrain();
  const ports: CallPorts = { ...options, drain };
  const server = new Server({
    // A larger message is answered RESOURCE_EXHAUSTED.
    'grpc.max_receive_message_length': limits.maxBodyBytes,
    // A connection that answers no ping within as long again is dead, and its streams are let go.
    'grpc.keepalive_time_ms': limits.keepAliveMs,
    'grpc.keepalive_timeout_ms': limits.keepAliveMs,
    // One without a call for so long is asked to come anew: whoever only answers pings holds nothing for ever.
    'grpc.max_connection_idle_ms': IDLE_MS,
    // Per connection: every stream that its caller may open, and calls beside them; more wait in the client.
    'grpc.max_concurrent_streams': limits.maxStreamsPerCaller + CALLS_BESIDE_STREAMS,
  });
  server.addService(
    Object.fromEntries(METHODS.map((method) => [method.path, describeMethod(method)])),
    Object.fromEntries(METHODS.map((method) => [method.path, handlerOf(ports, method)])),
  );
  const { certificates } = options;
  const credentials = certificates === undefined ? ServerCredentials.createInsecure() : new CertificateCredentials(certificates);
  const port = await bindServer(server, host, options.port, credentials);
  return {
    port,
    drain: (budgetMs) => drain.run(server, options.clock, budgetMs),
    close: () => server.forceShutdown(),
  };
}

/** Bytes in, bytes out: encoding happens where its failures can be answered properly and its results be shared. */
function describeMethod({ path, type }: GrpcMethod) {
  const asIs = (bytes: Buffer) => bytes;
  return {
    ...{ path, requestStream: false, responseStream: type === 'stream' },
    ...{ requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs },
  };
}

function handlerOf(ports: CallPorts, method: GrpcMethod) {
  if (method.type === 'stream') return (call: ServerWritableStream<Buffer, Buffer>) => void answerStream(ports, method, call);
  return (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) => answerUnary(ports, method, call, respond);
}

const CALLS_BESIDE_STREAMS = 1000;
const IDLE_MS = 300_000;
