import type { ServedCard } from '../a2a/binding.js';
import { readVersion } from '../a2a/service-parameters.js';
import type { Authenticate, Door } from '../access/authenticate.js';
import type { Principal } from '../access/principal.js';
import { AppError } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import { andThen, type MaybePromise } from '../base/maybe-promise.js';
import type { Audit } from '../observe/audit.js';
import type { StudioRoute } from '../studio/studio-route.js';
import type { BindingPorts } from './binding-reply-response.js';
import { cardResponse } from './card-response.js';
import { jsonResponse } from './error-response.js';
import { answerJsonRpc } from './json-rpc-route.js';
import { mountMcp } from './mcp-routes.js';
import { mountRest } from './rest-routes.js';
import type { RouteContext, RouteHandler } from './route-context.js';
import type { Route } from './router.js';
import type { OwnNames } from './same-origin.js';
import type { HttpRequest, HttpResponse } from './server.js';
import { mountStudio } from './studio-routes.js';

export interface Readiness {
  readonly ready: boolean;
  /** Why not, in words; empty when ready. */
  readonly reasons: readonly string[];
}

/** What is served to whoever collects metrics. */
export interface MetricsRoute {
  /** `observability.metrics.endpoint`. */
  readonly path: string;
  readonly render: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

export interface RoutePorts extends BindingPorts {
  readonly authenticate: Authenticate;
  readonly readiness: () => Promise<Readiness>;
  /** `undefined`: none are served. */
  readonly metrics: MetricsRoute | undefined;
  readonly version: string;
  /** Paths of the management API. */
  readonly studio: readonly StudioRoute[];
  /** Names under which pages of this server may call these. */
  readonly own: OwnNames;
  /** Roles whose callers see and decide in the management API what belongs to others, now. */
  readonly operatorRoles: () => readonly string[];
  readonly audit: Audit;
  /** What `/health` tells of how to log in (API-01). */
  readonly describeLogin: () => JsonObject;
}

/** Every path of the server (spec/04 4.1). */
export function buildRoutes(ports: RoutePorts): Route<RouteHandler>[] {
  const { binding, version } = ports;
  const asCaller =
    (handle: (context: RouteContext, principal: Principal) => MaybePromise<HttpResponse>, door: Door = 'look'): RouteHandler =>
    (context) =>
      andThen(ports.authenticate(context.request, door), (principal) => handle(context, principal));
  const versionOf = ({ headers, query }: HttpRequest) => readVersion(headers, query === '' ? undefined : new URLSearchParams(query));
  const card = (findVersion: (request: HttpRequest) => string) =>
    asCaller(({ request, parameters, baseUrl }, principal) => {
      const name = parameters.name as string;
      return andThen(binding.card(name, baseUrl, principal, findVersion(request)), (served) =>
        cardResponse(found(served, `there is no agent '${name}'; GET /agents lists the agents`), request.headers),
      );
    });
  const defaultCard =
    (findVersion: (request: HttpRequest) => string): RouteHandler =>
    ({ request, baseUrl }) =>
      andThen(binding.defaultCard(baseUrl, findVersion(request)), (served) =>
        cardResponse(found(served, 'no agent is public; GET /agents lists the agents'), request.headers),
      );
  return [
    { method: 'GET', pattern: '/', handle: () => jsonResponse(200, describeServer(version)) },
    ...healthRoutes(ports),
    { method: 'GET', pattern: '/.well-known/agent-card.json', handle: defaultCard(versionOf) },
    // Where clients of 0.2 and before look.
    { method: 'GET', pattern: '/.well-known/agent.json', accepts: () => binding.speaksLegacy(), handle: defaultCard(() => '0.3') },
    {
      method: 'GET',
      pattern: '/agents',
      handle: asCaller(async ({ baseUrl }, principal) => jsonResponse(200, await binding.listCards(baseUrl, principal))),
    },
    { method: 'GET', pattern: '/agents/{name}', handle: card(versionOf) },
    { method: 'GET', pattern: '/agents/{name}/.well-known/agent-card.json', handle: card(versionOf) },
    {
      method: 'GET',
      pattern: '/agents/{name}/.well-known/agent.json',
      accepts: () => binding.speaksLegacy(),
      handle: card(() => '0.3'),
    },
    {
      method: 'POST',
      pattern: '/agents/{name}',
      handle: asCaller((context, principal) => answerJsonRpc(ports, context, principal), 'call'),
    },
    ...mountMcp(ports, ports.authenticate, ports.own),
    ...mountRest(ports, ports.authenticate),
    ...mountStudio(ports.studio, ports),
    ...(ports.metrics === undefined ? [] : [metricsRoute(ports.metrics)]),
  ];
}

type HealthPorts = Pick<RoutePorts, 'version' | 'readiness' | 'drain' | 'describeLogin'>;

export function healthRoutes(ports: HealthPorts): Route<RouteHandler>[] {
  const { version, describeLogin } = ports;
  return [
    {
      method: 'GET',
      pattern: '/health',
      handle: () => jsonResponse(200, JSON.stringify({ status: 'ok', version, ...describeLogin() })),
    },
    { method: 'GET', pattern: '/health/live', handle: () => jsonResponse(200, '{"status":"ok"}') },
    { method: 'GET', pattern: '/health/ready', handle: () => answerReadiness(ports) },
  ];
}

export function metricsRoute({ path, render }: MetricsRoute): Route<RouteHandler> {
  const handle = async (): Promise<HttpResponse> => {
    const { contentType, body } = await render();
    return { status: 200, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body };
  };
  return { method: 'GET', pattern: path, handle };
}

/** Paths that pages of any origin may read and call (API-65): all but those that act for whoever sits at the machine (W-55b). */
export function isOpenToPages(pattern: string): boolean {
  return !pattern.startsWith('/api/') && !pattern.endsWith('/mcp');
}

/** Paths that answer during a drain too, so that a load balancer can see it. */
export function answersWhileDraining(pattern: string): boolean {
  return pattern.startsWith('/health');
}

async function answerReadiness({ readiness, drain }: Pick<RoutePorts, 'readiness' | 'drain'>): Promise<HttpResponse> {
  const { ready, reasons } = drain.isLeaving ? { ready: false, reasons: ['the server is shutting down'] } : await readiness();
  return jsonResponse(ready ? 200 : 503, JSON.stringify({ status: ready ? 'ready' : 'not_ready', reasons }));
}

function found(card: ServedCard | undefined, message: string): ServedCard {
  if (card === undefined) throw new AppError('AGENT_NOT_FOUND', { message });
  return card;
}

function describeServer(version: string): string {
  return JSON.stringify({ name: 'hector', version, agents: '/agents', agent_card: '/.well-known/agent-card.json', health: '/health' });
}
