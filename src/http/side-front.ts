/** Metrics and health of a process without the role front, on a port of their own (`observability.metrics.port`): probes and Prometheus need one. */
import type { Clock } from '../base/clock.js';
import type { ServerSettings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import { Drain } from './drain.js';
import { createHandler } from './handle-request.js';
import { startNodeServer } from './node-server.js';
import { refuseWith } from './refuse.js';
import type { RouteHandler } from './route-context.js';
import { createRouter, type Route } from './router.js';
import { healthRoutes, type MetricsRoute, metricsRoute, type Readiness } from './routes.js';

export interface SideFrontOptions {
  readonly settings: Pick<ServerSettings, 'host' | 'limits'>;
  /** 0 = any free one. */
  readonly port: number;
  readonly readiness: () => Promise<Readiness>;
  /** Default: none are served. */
  readonly metrics: MetricsRoute | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface SideFront {
  readonly port: number;
  /** Readiness says no from now on. */
  leave(): void;
  close(): Promise<void>;
}

export async function startSideFront(options: SideFrontOptions): Promise<SideFront> {
  const { settings, port, readiness, metrics, version, clock, log } = options;
  const drain = new Drain();
  let isLeaving = false;
  const leaving = async (): Promise<Readiness> => (isLeaving ? { ready: false, reasons: ['the process is shutting down'] } : readiness());
  const routes: Route<RouteHandler>[] = [
    ...healthRoutes({ version, drain, readiness: leaving }),
    ...(metrics === undefined ? [] : [metricsRoute(metrics)]),
  ];
  const handler = createHandler({
    findRoute: createRouter(routes),
    baseUrl: () => '',
    speaksLegacy: () => false,
    drain,
    clock,
    log,
  });
  const { limits } = settings;
  const server = await startNodeServer({ host: settings.host, port, handler, limits, refuse: refuseWith(limits), clock });
  return {
    port: server.port,
    leave() {
      isLeaving = true;
    },
    close: () => server.close(),
  };
}
