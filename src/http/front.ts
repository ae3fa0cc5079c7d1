import type { A2aBinding } from '../a2a/binding.js';
import type { Authenticate } from '../access/authenticate.js';
import type { Certificates } from '../access/certificates.js';
import type { Clock } from '../base/clock.js';
import type { JsonObject } from '../base/json.js';
import type { CorsSettings, ServerSettings } from '../config/settings.js';
import { type Audit, silentAudit } from '../observe/audit.js';
import type { Logger } from '../observe/log.js';
import type { Meter } from '../observe/meter.js';
import type { StudioRoute } from '../studio/studio-route.js';
import { listenUrl, requestBaseUrl } from './base-url.js';
import { Drain } from './drain.js';
import { createHandler } from './handle-request.js';
import { refuseWith } from './refuse.js';
import { createRouter } from './router.js';
import { buildRoutes, type MetricsRoute, type Readiness } from './routes.js';
import { startHttpServer } from './start-server.js';

export interface FrontOptions {
  readonly settings: ServerSettings;
  readonly binding: A2aBinding;
  readonly authenticate: Authenticate;
  readonly readiness: () => Promise<Readiness>;
  /** Default: none are served. */
  readonly metrics?: MetricsRoute | undefined;
  /** Counts requests. Default: nobody does. */
  readonly meter?: Meter;
  readonly log: Logger;
  readonly clock: Clock;
  /** Hector's own version. */
  readonly version: string;
  /** Paths of the management API. Default: none. */
  readonly studio?: readonly StudioRoute[];
  /** Of the current settings. Default: none, and nothing. */
  readonly operatorRoles?: () => readonly string[];
  readonly describeLogin?: () => JsonObject;
  /** Default: nobody is told. */
  readonly audit?: Audit;
  /** Default: those of `settings`. */
  readonly cors?: () => CorsSettings;
  /** Default: connections are not encrypted. */
  readonly certificates?: Certificates | undefined;
}

export interface Front {
  /** Base URL of this server, without trailing slash. */
  readonly url: string;
  readonly port: number;
  /**
   * Says for `delayMs` (default 0) that it is not ready, lets what runs finish within `budgetMs`, then closes. May be called twice.
   */
  drain(budgetMs: number, delayMs?: number): Promise<void>;
  /** Ends every connection now. May be called twice. */
  close(): Promise<void>;
}

/** Starts the HTTP front. */
export async function startFront(options: FrontOptions): Promise<Front> {
  const { settings, binding, authenticate, readiness, metrics, log, clock, version, studio = [] } = options;
  const { operatorRoles = () => [], describeLogin = () => ({ studio_mode: false }), audit = silentAudit } = options;
  const { limits } = settings;
  const drain = new Drain();
  const own = { publicUrl: settings.publicUrl, host: settings.host };
  const management = { studio, own, operatorRoles, describeLogin, audit };
  const routes = buildRoutes({ binding, authenticate, readiness, metrics, version, ...management, limits, drain, clock, log });
  // Known once the server listens, and no request comes before that.
  let ownUrl = '';
  const cors = { settings: options.cors ?? (() => settings.cors), speaksLegacy: () => binding.speaksLegacy() };
  const handler = createHandler({
    findRoute: createRouter(routes),
    baseUrl: (request) => requestBaseUrl(settings, request.headers, ownUrl),
    cors,
    drain,
    clock,
    log,
    audit,
    ...(options.meter === undefined ? {} : { metrics: options.meter }),
  });
  const server = await startHttpServer(
    settings.http,
    { host: settings.host, port: settings.port, handler, limits, refuse: refuseWith(limits, cors), clock, tls: options.certificates },
    log,
  );
  ownUrl = listenUrl(settings.host, server.port, options.certificates !== undefined);
  return {
    url: settings.publicUrl === '' ? ownUrl : settings.publicUrl,
    port: server.port,
    drain: (budgetMs, delayMs = 0) => drain.run(server, clock, { budgetMs, delayMs }),
    close: () => server.close(),
  };
}
