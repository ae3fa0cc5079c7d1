import type { MaybePromise } from '../base/maybe-promise.js';
import type { HttpRequest, HttpResponse } from './server.js';

/** What a route knows of the request it answers. */
export interface RouteContext {
  readonly request: HttpRequest;
  /** Decoded values of the pattern's `{…}` segments. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Without trailing slash; made when somebody asks. */
  readonly baseUrl: string;
}

export type RouteHandler = (context: RouteContext) => MaybePromise<HttpResponse>;
