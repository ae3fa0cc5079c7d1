import { formatAddress } from './listen-error.js';

/** This server as a client can reach it (API-26, W-51): never a wildcard address. Without trailing slash. */
export function listenUrl(host: string, port: number): string {
  return `http://${formatAddress(reachable(host), port)}`;
}

/**
 * Base URL of one request: `publicUrl` when configured, else the address the client itself used. `X-Forwarded-*` is not
 * trusted; behind a proxy, configure `server.public_url`.
 */
export function requestBaseUrl(publicUrl: string, headers: Readonly<Record<string, string>>, fallback: string): string {
  if (publicUrl !== '') return publicUrl;
  const host = HOST.exec(headers.host ?? '');
  if (host === null) return fallback;
  const [, name, port] = host as unknown as [string, string, string | undefined];
  return `http://${name === '0.0.0.0' ? '127.0.0.1' : name}${port ?? ''}`;
}

function reachable(host: string): string {
  return host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}

const HOST = /^([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?$/;
