import type { HttpHandler, HttpLimits, HttpServer, HttpServerOptions } from '../../src/http/server.js';

/** An implementation of the HTTP port, and where it differs by nature: each difference is data with its reason. */
export interface HttpAdapter {
  readonly name: string;
  readonly start: (options: HttpServerOptions) => Promise<HttpServer>;
  /** Who answers bytes that are not HTTP. */
  readonly malformed: { readonly answeredBy: 'refuse' | 'library'; readonly reason: string };
  /** A second request sent while the first is unanswered. */
  readonly pipelining: { readonly whileUnanswered: 'answers-in-order' | 'closes'; readonly reason: string };
  /** A path with bytes that HTTP wants percent-encoded. */
  readonly rawUtf8Path: { readonly result: 'read' | 'refused'; readonly reason: string };
}

export const SMALL_LIMITS: HttpLimits = {
  maxBodyBytes: 64 * 1024,
  maxPendingBodyBytes: 1024 * 1024,
  maxHeaderBytes: 16 * 1024,
  requestTimeoutMs: 5_000,
};

/** Something that tears down after a test. */
export interface Teardown {
  teardown(run: () => unknown): void;
}

/** Starts the adapter for one test and closes it with the test. */
export async function startServer(
  t: Teardown,
  adapter: HttpAdapter,
  handler: HttpHandler,
  limits: Partial<HttpLimits> = {},
): Promise<HttpServer> {
  const server = await adapter.start({
    host: '127.0.0.1',
    port: 0,
    handler,
    limits: { ...SMALL_LIMITS, ...limits },
    refuse: (code) => ({ status: REFUSAL_STATUS[code], headers: { 'content-type': 'application/json' }, body: `{"refused":"${code}"}` }),
  });
  t.teardown(() => server.close());
  return server;
}

/** A promise and its resolve: for tests that wait for a moment inside the server. */
export function moment<T = void>(): { reached: Promise<T>; reach: (value: T) => void } {
  let reach!: (value: T) => void;
  const reached = new Promise<T>((resolve) => {
    reach = resolve;
  });
  return { reached, reach };
}

const REFUSAL_STATUS = {
  HTTP_BODY_TOO_LARGE: 413,
  HTTP_TOO_MANY_BODIES: 503,
  HTTP_HEADERS_TOO_LARGE: 431,
  HTTP_REQUEST_TIMEOUT: 408,
  REQUEST_INVALID: 400,
} as const;
