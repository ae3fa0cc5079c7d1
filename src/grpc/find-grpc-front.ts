import type { GrpcFront, GrpcFrontOptions } from './grpc-front.js';

/** The gRPC server, where one is configured (`server.grpc_port`); its libraries are loaded only then. */
export async function findGrpcFront(options: Omit<GrpcFrontOptions, 'port'>): Promise<GrpcFront | undefined> {
  const port = options.server.grpcPort;
  if (port === undefined) return undefined;
  const { startGrpcFront } = await import('./grpc-front.js');
  return startGrpcFront({ ...options, port });
}
