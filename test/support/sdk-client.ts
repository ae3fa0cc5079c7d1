/** The official JS SDK's client of an agent, over each of its transports. */
import { type Client, ClientFactory, ClientFactoryOptions, RestTransportFactory } from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { credentials } from '@grpc/grpc-js';

export const SDK_TRANSPORTS = ['JSONRPC', 'HTTP+JSON', 'GRPC'] as const;

/** Finds the agent by its card; for `GRPC` the server needs `grpc_port`. */
export function connectSdkClient(url: string, agent: string, transport: (typeof SDK_TRANSPORTS)[number]): Promise<Client> {
  const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
    transports: [new RestTransportFactory(), new GrpcTransportFactory({ grpcChannelCredentials: credentials.createInsecure() })],
    preferredTransports: [transport],
  });
  return new ClientFactory(options).createFromUrl(`${url}/agents/${agent}/`, '.well-known/agent-card.json');
}
