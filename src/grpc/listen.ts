import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { AppError } from '../base/errors.js';

/** Binds the server; resolves with its port. @throws AppError that says what to change. */
export async function bindServer(server: Server, host: string, port: number, credentials: ServerCredentials): Promise<number> {
  await probe(host, port);
  const address = formatAddress(host, port);
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (cause, boundPort) => {
      if (cause === null) resolve(boundPort);
      else
        reject(
          new AppError('HTTP_ADDRESS_UNAVAILABLE', {
            message: `cannot listen on ${address}: check server.host and server.grpc_port`,
            cause,
          }),
        );
    });
  });
}

/** The library's own error tells the reason in words only; a bare socket tells it by code. */
async function probe(host: string, port: number): Promise<void> {
  const socket = createServer();
  try {
    socket.listen(port, host);
    await once(socket, 'listening');
  } catch (cause) {
    throw listenError(host, port, cause);
  }
  socket.close();
  await once(socket, 'close');
}

function listenError(host: string, port: number, cause: unknown): AppError {
  const address = formatAddress(host, port);
  const reason = (cause as { readonly code?: string }).code ?? '';
  if (reason === 'EADDRINUSE') {
    return new AppError('HTTP_ADDRESS_IN_USE', {
      message: `${address} is already in use: stop the program that listens there, or choose another port (server.grpc_port)`,
      cause,
    });
  }
  return new AppError('HTTP_ADDRESS_UNAVAILABLE', {
    message: `cannot listen on ${address} (${reason}): check server.host and server.grpc_port`,
    cause,
  });
}

function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
