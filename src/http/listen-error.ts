import { AppError, type ErrorCode } from '../base/errors.js';

/** Says why an address could not be bound, and what to change. */
export function listenError(host: string, port: number, cause: unknown): AppError {
  const address = formatAddress(host, port);
  const reason = (cause as { code?: string } | undefined)?.code ?? '';
  const { code, message } = explain(reason, host, port, address);
  return new AppError(code, { message, cause, details: { host, port } });
}

export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function explain(reason: string, host: string, port: number, address: string): { code: ErrorCode; message: string } {
  switch (reason) {
    case 'EADDRINUSE':
      return {
        code: 'HTTP_ADDRESS_IN_USE',
        message: `${address} is already in use: stop the program that listens there, or choose another port (server.port, --port)`,
      };
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'HTTP_ADDRESS_UNAVAILABLE',
        message: `no permission to listen on ${address}: ports below 1024 need privileges; choose a port above 1023 (server.port is ${port})`,
      };
    case 'EADDRNOTAVAIL':
      return {
        code: 'HTTP_ADDRESS_UNAVAILABLE',
        message: `server.host '${host}' is not an address of this machine: use 127.0.0.1, 0.0.0.0 or one of its own addresses`,
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        code: 'HTTP_ADDRESS_UNAVAILABLE',
        message: `server.host '${host}' cannot be resolved: use an IP address or a known host name`,
      };
    default:
      return {
        code: 'HTTP_ADDRESS_UNAVAILABLE',
        message: `cannot listen on ${address}${reason === '' ? '' : ` (${reason})`}: check server.host and server.port`,
      };
  }
}
