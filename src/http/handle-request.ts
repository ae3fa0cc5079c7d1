import { isOverload } from '../a2a/tell-failure.js';
import type { Clock } from '../base/clock.js';
import { AppError, describeError, toAppError } from '../base/errors.js';
import { newId } from '../base/ids.js';
import { andThen, type MaybePromise } from '../base/maybe-promise.js';
import { type Audit, silentAudit } from '../observe/audit.js';
import { errorType } from '../observe/error-type.js';
import type { Logger } from '../observe/log.js';
import { type Meter, silentMetrics } from '../observe/meter.js';
import { inSpan, withRemoteTrace } from '../observe/trace.js';
import { type CorsPorts, preflightResponse, withCors } from './cors.js';
import type { Drain } from './drain.js';
import { errorShapeOf } from './error-response.js';
import { MatchedRequest, type RouteHandler } from './route-context.js';
import type { FindRoute, RouteMatch } from './router.js';
import { answersWhileDraining, isOpenToPages } from './routes.js';
import { secured } from './secured.js';
import type { HttpHandler, HttpRequest, HttpResponse } from './server.js';

export interface HandlerPorts {
  readonly findRoute: FindRoute<RouteHandler>;
  readonly baseUrl: (request: HttpRequest) => string;
  /** Default: no page of another origin is told anything. */
  readonly cors?: CorsPorts;
  readonly drain: Drain;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: nobody counts. */
  readonly metrics?: Meter;
  /** Told of failures of ours (SEC-16). Default: nobody is. */
  readonly audit?: Audit;
}

/** Stop 1 of the line: finds the route, runs it inside the request's span, and answers whatever happens. */
export function createHandler(ports: HandlerPorts): HttpHandler {
  const { metrics = silentMetrics } = ports;
  return (request) => {
    const match = ports.findRoute(request.method, pathOf(request.path));
    const route = routeName(match);
    return withRemoteTrace(request.headers, () =>
      inSpan('hector.http.request', { 'http.method': request.method, 'http.route': route }, (span) => {
        const startedAt = ports.clock.monotonic();
        return andThen(respond(ports, request, match), (answer) => {
          const open = ports.cors !== undefined && isOpenToPages(route) ? withCors(answer, request, ports.cors) : answer;
          const response = closeWhenLeaving(ports.drain, secured(open));
          const durationMs = ports.clock.monotonic() - startedAt;
          span.setAttribute('http.status_code', response.status);
          countAnswer(metrics, request, response, { route, durationMs });
          ports.log.debug({ method: request.method, route, status: response.status, durationMs }, 'http request');
          return response;
        });
      }),
    );
  };
}

/** OBS-17, OBS-20. A method that no route could have is the client's own word. */
function countAnswer(
  metrics: Meter,
  { method: asked, body }: HttpRequest,
  response: HttpResponse,
  { route: path, durationMs }: { readonly route: string; readonly durationMs: number },
): void {
  const method = METHODS.has(asked) ? asked : 'other';
  metrics.count('http_requests_total', { method, path, status: String(response.status) });
  metrics.observe('http_request_duration_seconds', { method, path }, durationMs / 1_000);
  metrics.observe('http_request_size_bytes', { method, path }, body.length);
  if (!('stream' in response)) metrics.observe('http_response_size_bytes', { method, path }, Buffer.byteLength(response.body));
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A client that keeps its connection would come here again, past any load balancer. */
function closeWhenLeaving(drain: Drain, response: HttpResponse): HttpResponse {
  if (!drain.isLeaving || 'stream' in response) return response;
  return { ...response, headers: { ...response.headers, connection: 'close' } };
}

function respond(ports: HandlerPorts, request: HttpRequest, match: RouteMatch<RouteHandler>): MaybePromise<HttpResponse> {
  const fail = (thrown: unknown) => answerFailure(ports, request, thrown);
  try {
    const answer = dispatch(ports, request, match);
    return answer instanceof Promise ? answer.catch(fail) : answer;
  } catch (thrown) {
    return fail(thrown);
  }
}

function dispatch(ports: HandlerPorts, request: HttpRequest, match: RouteMatch<RouteHandler>): MaybePromise<HttpResponse> {
  switch (match.type) {
    case 'unknown-path':
      throw new AppError('HTTP_NOT_FOUND', { message: `nothing is served at ${request.path.slice(0, 200)}; GET / lists the entry points` });
    case 'malformed-path':
      throw new AppError('REQUEST_INVALID', { message: 'the path holds a percent-encoding that is not UTF-8' });
    case 'wrong-method': {
      if (request.method === 'OPTIONS')
        return ports.cors !== undefined && isOpenToPages(match.pattern)
          ? preflightResponse(match.allow, ports.cors)
          : { status: 204, headers: { allow: match.allow }, body: '' };
      const response = shapeOf(request)(
        new AppError('HTTP_METHOD_NOT_ALLOWED', { message: `${match.pattern} does not answer ${request.method}, only ${match.allow}` }),
      );
      return { ...response, headers: { ...response.headers, allow: match.allow } };
    }
    case 'found': {
      const { route, parameters } = match;
      const context = new MatchedRequest(request, parameters, ports.baseUrl);
      const run = () => route.handle(context);
      return answersWhileDraining(route.pattern) ? run() : ports.drain.admit(run, (thrown) => shapeOf(request)(thrown));
    }
  }
}

/** Only a failure of ours is logged as one, and told to the audit; its id joins the client's report to the log. Overload is only counted. */
function answerFailure(ports: HandlerPorts, request: HttpRequest, thrown: unknown): HttpResponse {
  const error = toAppError(thrown);
  const shape = shapeOf(request);
  if (error.httpStatus < 500) return shape(error);
  ports.metrics?.count('errors_total', { component: 'http', error_type: errorType(thrown) });
  if (isOverload(thrown)) return shape(error);
  const { remoteAddress } = request;
  (ports.audit ?? silentAudit).record({ action: 'error', user: '', success: false, error: errorType(thrown), remoteAddress });
  const requestId = newId();
  const level = error.code === 'INTERNAL' ? 'error' : 'warn';
  ports.log[level](
    { err: thrown, requestId, method: request.method, path: request.path },
    `request ${requestId} failed: ${describeError(thrown)}`,
  );
  return shape(error, requestId);
}

function shapeOf({ method, path, body }: HttpRequest) {
  return errorShapeOf({ method, path: pathOf(path), body });
}

/** The absolute form that clients send to a proxy names the host once more. */
function pathOf(target: string): string {
  if (target.startsWith('/')) return target;
  return /^https?:\/\/[^/]*(\/.*)?$/i.exec(target)?.[1] ?? '/';
}

/** A pattern, never the raw path: names in traces must stay few (OBS-20). */
function routeName(match: RouteMatch<RouteHandler>): string {
  if (match.type === 'found') return match.route.pattern;
  return match.type === 'wrong-method' ? match.pattern : '(none)';
}
