/** One gRPC call from its metadata to its status: who calls, which agent, which operation; whatever happens is answered. */
import { Metadata, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData } from '@grpc/grpc-js';
import { parseAgentTenant } from '../a2a/agent-tenant.js';
import { toWireError } from '../a2a/errors.js';
import { activeExtensions, extensionHeaders, RELIABLE_STREAM } from '../a2a/extensions.js';
import type { OperationCall } from '../a2a/operation-call.js';
import type { Operations } from '../a2a/operations.js';
import { assertVersion } from '../a2a/service-parameters.js';
import { createFrameEncoder } from '../a2a/stream-frame.js';
import { type FailedCall, type FailureListeners, tellFailure } from '../a2a/tell-failure.js';
import { findDefaultAgent, getVisibleAgent } from '../a2a/visible-agent.js';
import type { Authenticate } from '../access/authenticate.js';
import type { Principal } from '../access/principal.js';
import { limitHeaders } from '../access/rate-limit-error.js';
import { untilAborted } from '../base/abort.js';
import { AppError } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import type { Settings } from '../config/settings.js';
import { silentObserver } from '../observe/observer.js';
import { withRemoteTrace, withSpan } from '../observe/trace.js';
import type { LimitUse } from '../tasks/admission.js';
import { departureOf, type GrpcCall, readHeaders, remoteAddressOf } from './call-context.js';
import type { CallDrain } from './call-drain.js';
import { type AnswerMethod, encodeStreamResponse, type GrpcMethod, type StreamMethod } from './methods.js';
import { pipeFrames } from './pipe-frames.js';
import { type GrpcFailure, toGrpcFailure } from './status-details.js';

export interface CallPorts extends FailureListeners {
  readonly operations: Operations;
  readonly settings: () => Settings;
  /** Of the HTTP server, as clients reach it: cards hold it. */
  readonly baseUrl: () => string;
  readonly authenticate: Authenticate;
  readonly drain: CallDrain;
}

export function answerUnary(
  ports: CallPorts,
  method: AnswerMethod,
  call: ServerUnaryCall<Buffer, Buffer>,
  respond: sendUnaryData<Buffer>,
): void {
  const headers = readHeaders(call.metadata);
  let extensions: ReadonlySet<string> = new Set();
  const uses: LimitUse[] = [];
  let leave = () => {};
  let isAnswered = false;
  // The end of the drain's budget may answer first.
  const answer = (failure: GrpcFailure | null, result?: Buffer) => {
    if (isAnswered) return;
    isAnswered = true;
    leave();
    if (failure === null) call.sendMetadata(toMetadata({ ...extensionHeaders(extensions), ...limitHeaders(uses) }));
    respond(failure, result);
  };
  const failed: { principal?: Principal; agent?: string } = {};
  const fail = (thrown: unknown) => answer(describeFailure(thrown, extensionHeaders(extensions), ports, failed));
  try {
    leave = ports.drain.enter({ drain() {}, abandon: fail });
  } catch (error) {
    fail(error);
    return;
  }
  traced(ports, method, headers, async () => {
    const principal = await ports.authenticate({ headers, remoteAddress: remoteAddressOf(call), path: method.path });
    failed.principal = principal;
    const { params, operationCall } = addressCall(ports, method, call, headers, principal, (active) => {
      extensions = active;
    });
    failed.agent = operationCall.agent;
    return withOperationSpan(method, operationCall, () =>
      method.run(ports.operations, params, { ...operationCall, onLimits: (told) => uses.push(...told) }),
    );
  }).then((result) => answer(null, result), fail);
}

/** Never rejects. */
export async function answerStream(ports: CallPorts, method: StreamMethod, call: ServerWritableStream<Buffer, Buffer>): Promise<void> {
  const headers = readHeaders(call.metadata);
  let extensions: ReadonlySet<string> = new Set();
  const uses: LimitUse[] = [];
  const failed: { principal?: Principal; agent?: string } = {};
  const stop = new AbortController();
  call.once('cancelled', () => stop.abort());
  let leave = () => {};
  try {
    leave = ports.drain.enter({ drain: (reason) => stop.abort(reason), abandon() {} });
    const opening = traced(ports, method, headers, async () => {
      const principal = await ports.authenticate({ headers, remoteAddress: remoteAddressOf(call), path: method.path });
      failed.principal = principal;
      const { params, operationCall } = addressCall(ports, method, call, headers, principal, (active) => {
        extensions = active;
      });
      failed.agent = operationCall.agent;
      return withOperationSpan(method, operationCall, () =>
        method.run(ports.operations, params, { ...operationCall, onLimits: (told) => uses.push(...told) }),
      );
    });
    const frames = await untilAborted(opening, stop.signal).catch((error: unknown) => {
      // It may open after all, and nobody would read it.
      opening.then((late) => late.return?.()).catch(() => {});
      throw error;
    });
    // The head leaves at once, so the client knows that it is connected before the first event.
    call.sendMetadata(toMetadata({ ...extensionHeaders(extensions), ...limitHeaders(uses) }));
    const isReliable = extensions.has(RELIABLE_STREAM);
    const { maxStreamBufferBytes } = ports.settings().server.limits;
    await pipeFrames(call, frames, {
      stop: stop.signal,
      maxBufferBytes: maxStreamBufferBytes,
      encode: (frame) => frameBytes(frame, isReliable),
    });
    call.end();
  } catch (thrown) {
    // A client that has gone reads no status, and what its going broke off is no failure.
    if (!call.cancelled) call.emit('error', describeFailure(thrown, extensionHeaders(extensions), ports, failed));
  } finally {
    leave();
  }
}

/** Made once per event; every subscriber gets the same bytes. */
const frameBytes = createFrameEncoder(encodeStreamResponse);

/** From the request's tenant to the agent that it means (U1); the checks come in the order of the HTTP bindings. */
function addressCall(
  { settings, baseUrl }: CallPorts,
  method: GrpcMethod,
  call: GrpcCall,
  headers: Readonly<Record<string, string>>,
  principal: Principal,
  /** Told as soon as the agent is known: a failure after that carries them too (H2). */
  onExtensions: (active: ReadonlySet<string>) => void,
): { params: JsonObject; operationCall: OperationCall } {
  const { tenant: address, ...rest } = method.decode(call.request);
  const { agent: named, tenant } = parseAgentTenant(typeof address === 'string' ? address : '');
  const current = settings();
  const agent = named === '' ? (findDefaultAgent(current)?.[0] ?? '') : named;
  if (agent === '') throw new AppError('AGENT_NOT_FOUND', { message: 'no agent is public: name one in the field tenant' });
  const agentSettings = getVisibleAgent(current, agent, principal);
  const extensions = activeExtensions(headers, agentSettings);
  onExtensions(extensions);
  assertVersion(headers, NO_QUERY, current.server.a2a.assumeVersion);
  return {
    params: tenant === '' ? rest : { ...rest, tenant },
    operationCall: {
      agent,
      agentSettings,
      principal,
      tenant,
      baseUrl: baseUrl(),
      signal: departureOf(call),
      extensions,
      lastEventId: headers['last-event-id'],
    },
  };
}

function traced<T>(
  { observer: { metrics } = silentObserver }: CallPorts,
  { path }: GrpcMethod,
  headers: Readonly<Record<string, string>>,
  run: () => Promise<T>,
): Promise<T> {
  const startedMs = performance.now();
  const count = (code: string) => {
    metrics.count('grpc_requests_total', { method: path, code });
    metrics.observe('grpc_request_duration_seconds', { method: path }, (performance.now() - startedMs) / 1_000);
  };
  return withRemoteTrace(headers, () =>
    withSpan('hector.grpc.request', { 'rpc.system': 'grpc', 'rpc.method': path }, async () => {
      try {
        const result = await run();
        count('OK');
        return result;
      } catch (error) {
        count(toWireError(error).grpcStatus);
        throw error;
      }
    }),
  );
}

function withOperationSpan<T>({ path }: GrpcMethod, { agent }: OperationCall, run: () => Promise<T>): Promise<T> {
  return withSpan('hector.a2a.operation', { 'rpc.system': 'grpc', 'rpc.method': path, 'hector.agent.name': agent }, run);
}

function describeFailure(
  thrown: unknown,
  headers: Readonly<Record<string, string>>,
  listeners: FailureListeners,
  failed: FailedCall,
): GrpcFailure {
  const wire = toWireError(thrown);
  tellFailure(listeners, wire, thrown, failed);
  return toGrpcFailure(wire, headers);
}

function toMetadata(headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

const NO_QUERY = new URLSearchParams();
