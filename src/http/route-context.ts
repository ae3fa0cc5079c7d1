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

/**
 * A class, as a getter in an object literal costs the engine a shape of its own for each object, which lives, and all that it holds, until
 * the next full collection.
 */
export class MatchedRequest implements RouteContext {
  readonly request: HttpRequest;
  readonly parameters: Readonly<Record<string, string>>;
  readonly #baseUrlOf: (request: HttpRequest) => string;

  constructor(request: HttpRequest, parameters: Readonly<Record<string, string>>, baseUrlOf: (request: HttpRequest) => string) {
    this.request = request;
    this.parameters = parameters;
    this.#baseUrlOf = baseUrlOf;
  }

  get baseUrl(): string {
    return this.#baseUrlOf(this.request);
  }
}

export type RouteHandler = (context: RouteContext) => MaybePromise<HttpResponse>;
