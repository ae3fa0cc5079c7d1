import { formatAddress } from './listen-error.js';

/** This server as a client can reach it (API-26, W-51): never a wildcard address. Without trailing slash. */
export function listenUrl(host: string, port: number, isEncrypted = false): string {
  return `${isEncrypted ? 'https' : 'http'}://${formatAddress(reachable(host), port)}`;
}

export interface BaseUrlOptions {
  /** '' = derived from the request. */
  readonly publicUrl: string;
  /** Whether `X-Forwarded-Proto` and `X-Forwarded-Host` come from a proxy of ours; else any client could forge them. */
  readonly trustProxy: boolean;
  /** This server is spoken to by TLS. Default false. */
  readonly tls?: { readonly enabled: boolean };
}

/**
 * Base URL of one request: `publicUrl` when configured, else the address the client itself used, as the proxy in front tells it
 * when that is trusted. Of several proxies the first, which the client spoke to, counts.
 */
export function requestBaseUrl(
  { publicUrl, trustProxy, tls }: BaseUrlOptions,
  headers: Readonly<Record<string, string>>,
  fallback: string,
): string {
  if (publicUrl !== '') return publicUrl;
  const forwarded = trustProxy ? headers : {};
  const told = firstOf(forwarded['x-forwarded-proto']).toLowerCase();
  const scheme = told === 'https' || (told === '' && tls?.enabled === true) ? 'https' : 'http';
  return findUrl(scheme, firstOf(forwarded['x-forwarded-host'])) ?? findUrl(scheme, headers.host ?? '') ?? fallback;
}

/** `undefined` for what is no host and port: not every text that looks like one makes a URL (`h:99999`, `[1:2]`, `a..b`). */
function findUrl(scheme: string, host: string): string | undefined {
  const found = HOST.exec(host);
  if (found === null) return undefined;
  const [, name, port] = found as unknown as [string, string, string | undefined];
  const url = `${scheme}://${name === '0.0.0.0' ? '127.0.0.1' : name}${port ?? ''}`;
  return URL.canParse(url) ? url : undefined;
}

function firstOf(list: string | undefined): string {
  return (list?.split(',')[0] ?? '').trim();
}

function reachable(host: string): string {
  return host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}

const HOST = /^([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?$/;
