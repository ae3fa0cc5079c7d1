import { hasCode } from '../base/errors.js';
import type { Logger } from '../observe/log.js';
import { startNodeServer } from './node-server.js';
import type { HttpServer, HttpServerOptions } from './server.js';
import { startUwsServer } from './uws-server.js';

/** Starts the adapter that `server.http` names; `auto` falls back to node:http where the native library does not load. */
export async function startHttpServer(
  adapter: 'auto' | 'uws' | 'node',
  options: HttpServerOptions,
  log: Logger,
  startUws: (options: HttpServerOptions) => Promise<HttpServer> = startUwsServer,
): Promise<HttpServer> {
  // uWebSockets.js reads a certificate once and offers no way to replace it.
  if (adapter === 'node' || options.tls !== undefined) return startNodeServer(options);
  try {
    return await startUws(options);
  } catch (error) {
    if (adapter === 'uws' || !hasCode(error, 'HTTP_ADAPTER_UNAVAILABLE')) throw error;
    log.warn({ err: error }, 'uWebSockets.js does not load on this machine; serving with node:http, which is slower');
    return startNodeServer(options);
  }
}
