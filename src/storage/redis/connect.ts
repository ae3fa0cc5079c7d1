/** Opens connections to Redis that come back quickly after an outage, and says clearly why when there is none. */
import { Redis, type RedisOptions } from 'ioredis';
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import { endWhileReconnecting } from './end-while-reconnecting.js';
import { RedisConnections } from './redis-connections.js';
import { assertRedisIsSafe } from './redis-safety.js';
import { speakPlainly } from './speak-plainly.js';

export interface ConnectRedisOptions {
  /** `redis://…`, `rediss://…` or `unix:///path`. For the embedded one: `unix://` + its `socketPath`. */
  readonly url: string;
  /** Shown in `CLIENT LIST`, e.g. `front` or `agent`. */
  readonly role: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** How long the first connection may take, milliseconds. Default 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Connects and checks the server once (`assertRedisIsSafe`); further connections open when first used. */
export async function connectRedis(options: ConnectRedisOptions): Promise<RedisConnections> {
  const { role, log, clock } = options;
  const address = describeAddress(options.url);
  const open = (purpose: string, overrides: RedisOptions): Redis => {
    const client = openClient(options.url, { ...COMMON, connectionName: `hector-${role}-${purpose}`, ...overrides });
    logOutages(client, purpose, log);
    return client;
  };
  const connections = new RedisConnections(open, clock);
  try {
    await waitUntilReady(connections.main, address, options);
    await assertRedisIsSafe(connections.main, log);
  } catch (error) {
    await connections.close();
    throw error;
  }
  return connections;
}

function openClient(url: string, options: RedisOptions): Redis {
  const isSocket = url.startsWith('unix://');
  const client = isSocket ? new Redis({ ...options, path: url.slice('unix://'.length) }) : new Redis(url, options);
  return endWhileReconnecting(speakPlainly(client));
}

/** Host, port and database, never the password. */
function describeAddress(url: string): string {
  if (/^unix:\/\/\/./.test(url)) return url.slice('unix://'.length);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw new AppError('REDIS_UNAVAILABLE', {
      message: '`redis.url` is not of the form redis://host:port, rediss://host:port or unix:///path',
    });
  }
  return `${parsed.hostname}:${parsed.port || '6379'}${parsed.pathname}`;
}

function waitUntilReady(client: Redis, address: string, { clock, timeoutMs = 5_000, signal }: ConnectRedisOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let lastError: Error | undefined;
    const finish = (error?: unknown) => {
      stopTimer();
      client.off('ready', onReady);
      client.off('error', onError);
      signal?.removeEventListener('abort', onAbort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const fail = () => finish(unavailable(address, lastError));
    const onReady = () => finish();
    const onAbort = () => finish(signal?.reason);
    const onError = (error: Error) => {
      lastError = error;
      // The first word of a Redis error is its code. Trying on with the same credentials changes nothing.
      if (/^(WRONGPASS|NOAUTH|NOPERM)\b/.test(error.message)) fail();
    };
    const stopTimer = clock.after(timeoutMs, fail);
    client.on('ready', onReady);
    client.on('error', onError);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    else if (client.status === 'ready') finish();
    else if (client.status === 'wait') client.connect().catch(() => undefined); // the 'error' event says why
  });
}

function unavailable(address: string, cause: Error | undefined): AppError {
  return new AppError('REDIS_UNAVAILABLE', {
    message: `Redis at ${address} cannot be reached (${cause?.message || (cause as NodeJS.ErrnoException | undefined)?.code || 'no answer'}). Start it, correct \`redis.url\`, or remove \`redis.url\` to use the embedded one`,
    cause,
  });
}

/** One line when a connection breaks and one when it is back, however many attempts lie between. */
function logOutages(client: Redis, purpose: string, log: Logger): void {
  let brokenBy: string | undefined;
  client.on('error', (error) => {
    if (brokenBy === undefined) log.warn({ err: error, connection: purpose }, 'The connection to Redis is broken');
    brokenBy ??= error.message;
  });
  client.on('ready', () => {
    if (brokenBy !== undefined) log.info({ connection: purpose }, 'The connection to Redis is back');
    brokenBy = undefined;
  });
}

const COMMON: RedisOptions = {
  // Without the cap, workers came back up to 18 s after Redis did (ARCHITECTURE §5).
  retryStrategy: (attempt) => Math.min(attempt * 50, 300),
  // A replica that was promoted away answers READONLY for ever: connect anew.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
  lazyConnect: true,
  // `ChannelSubscriptions` does it, because it must know when it is done.
  autoResubscribe: false,
  connectTimeout: 5_000,
};
