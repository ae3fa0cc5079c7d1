/** Metrics and health on a port of their own (`observability.metrics.port`): for processes without the role front, and away from what clients reach. */
import type { Clock } from '../base/clock.js';
import type { Closers } from '../base/closers.js';
import type { JsonObject } from '../base/json.js';
import { readVersion } from '../base/version.js';
import type { ObservabilitySettings, ServerSettings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import { Drain } from './drain.js';
import { createHandler } from './handle-request.js';
import { startNodeServer } from './node-server.js';
import { refuseWith } from './refuse.js';
import type { RouteHandler } from './route-context.js';
import { createRouter, type Route } from './router.js';
import { healthRoutes, type MetricsRoute, metricsRoute, type Readiness } from './routes.js';

export interface SideFrontOptions {
  readonly settings: {
    readonly server: Pick<ServerSettings, 'host' | 'limits'>;
    readonly observability: Pick<ObservabilitySettings, 'metrics'>;
  };
  readonly readiness: () => Promise<Readiness>;
  /** As at the front: one server does not say two things about itself. */
  readonly describeLogin: () => JsonObject;
  /** `undefined`: none are served. */
  readonly metricsPage: MetricsRoute | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** It is the last to go: whoever asks hears of the end. */
  readonly closers: Pick<Closers, 'add'>;
}

/** `undefined`: it has no port. */
export async function findSideFront(options: SideFrontOptions): Promise<{ readonly port: number } | undefined> {
  const { settings, readiness, describeLogin, metricsPage, clock, log, closers } = options;
  const { host, limits } = settings.server;
  const { port } = settings.observability.metrics;
  if (port === undefined) return undefined;
  const drain = new Drain();
  const routes: Route<RouteHandler>[] = [
    ...healthRoutes({ version: readVersion(), drain, readiness, describeLogin }),
    ...(metricsPage === undefined ? [] : [metricsRoute(metricsPage)]),
  ];
  const handler = createHandler({
    findRoute: createRouter(routes),
    baseUrl: () => '',
    drain,
    clock,
    log,
  });
  const server = await startNodeServer({ host, port, handler, limits, refuse: refuseWith(limits), clock });
  closers.add(() => server.close());
  return server;
}
