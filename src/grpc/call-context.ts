/** What a gRPC call says of itself beside its request: service parameters (GR2, H1) and whether its client is still there. */
import type { Metadata, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';

export type GrpcCall = ServerUnaryCall<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>;

/** Metadata as headers: lower-case names, several values joined by commas, binary ones left out. */
export function readHeaders(metadata: Metadata): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(metadata.toJSON())) {
    if (!name.endsWith('-bin')) headers[name] = values.map(String).join(', ');
  }
  return headers;
}

/** Without the port. */
export function remoteAddressOf(call: GrpcCall): string {
  return call.getPeer().replace(/:\d+$/, '');
}

/** Aborted when the client has canceled, has gone, or its deadline has passed: it detaches, the task goes on (R6). */
export function departureOf(call: GrpcCall): AbortSignal {
  const controller = new AbortController();
  if (call.cancelled) controller.abort();
  else call.once('cancelled', () => controller.abort());
  return controller.signal;
}
