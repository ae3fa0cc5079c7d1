/** What PostgreSQL and MySQL share: an address to name in errors, limits, and TLS. */
import { decodePercent } from '../../../base/decode-percent.js';
import { AppError, describeError } from '../../../base/errors.js';
import type { DatabaseSettings } from '../../../config/settings.js';

/** The first question to a peer that has been silent so long, whether it is still there. */
export const KEEP_ALIVE_DELAY_MS = 10_000;

/** Longest wait for a connection, a new one or a free one. */
export function connectTimeoutMs({ queryTimeoutMs }: DatabaseSettings): number {
  return Math.min(10_000, queryTimeoutMs);
}

/** Longest wait for a row lock, in whole seconds: well below the query's own limit, so that the server gets to say that it is busy. */
export function lockWaitMs({ queryTimeoutMs }: DatabaseSettings): number {
  return Math.min(10, Math.max(1, Math.floor(queryTimeoutMs / 1_500))) * 1_000;
}

/** Before a driver sees it: an error of theirs would carry the whole text, password included. */
export function assertUrl({ url }: DatabaseSettings, keyPath: string): void {
  if (url === '' || URL.canParse(url)) return;
  throw new AppError('CONFIG_INVALID', { message: `${keyPath}.url is not of the form driver://user:password@host:port/database` });
}

/** Never contains the password. */
export function describeServer(product: string, keyPath: string, settings: DatabaseSettings): string {
  const { host, port, database, username } = settings.url === '' ? settings : fromUrl(settings.url);
  return `${keyPath}: ${product} database '${database}' at ${host}${host.startsWith('/') ? '' : `:${port}`} as user '${username}'`;
}

export function unavailable(cause: unknown, label: string): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError('DATABASE_UNAVAILABLE', { cause, retryAfterMs: 1_000, message: `${label} cannot be used: ${describeError(cause)}` });
}

export function busy(cause: unknown, label: string, waitedMs: number): AppError {
  return new AppError('DATABASE_BUSY', { cause, retryAfterMs: 1_000, message: `${label}: a lock was not free within ${waitedMs} ms` });
}

export function sslOptions({ sslMode }: DatabaseSettings): { readonly rejectUnauthorized: boolean } | undefined {
  return sslMode === 'disable' ? undefined : { rejectUnauthorized: sslMode === 'verify-full' };
}

function fromUrl(text: string): Pick<DatabaseSettings, 'host' | 'database' | 'username'> & { readonly port: number | string } {
  if (!URL.canParse(text)) return { host: '(url)', port: '', database: '', username: '' };
  const url = new URL(text);
  return {
    host: url.hostname,
    port: url.port,
    database: decodePercent(url.pathname.slice(1)) ?? url.pathname.slice(1),
    username: decodePercent(url.username) ?? url.username,
  };
}

/** CFG-57: an older one is replaced when it is given back, so that servers behind a name that moves are found. */
export const CONNECTION_LIFETIME_MS = 3_600_000;
