import type { JsonObject } from '../base/json.js';
import type { OwnerScope } from '../tasks/owner-scope.js';

/** One request to the management API, after authentication; `http/` makes it. */
export interface StudioRequest {
  /** Whose things exist for the caller: its own (SEC-18), and for an operator those of others too. */
  readonly owner: OwnerScope;
  /** Who asks, as others may read it: the token's subject. */
  readonly caller: string;
  /** Decoded values of the pattern's `{…}` segments. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed JSON body; its text, where the route says so; `undefined` without one. */
  readonly body: unknown;
  /** Lower-case names. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the connection comes from. Default: not known. */
  readonly remoteAddress?: string;
}

export interface StudioResponse {
  readonly status: number;
  readonly body: JsonObject;
  /** Answered in place of `body`, with the type that `headers` say. */
  readonly text?: string;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StudioRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/api/checkpoints/{taskId}`: braces name a segment. */
  readonly pattern: string;
  /** It tells of the server rather than of somebody's tasks (API-07). Default false. */
  readonly isForOperators?: boolean;
  /** Its body is a text of one of these media types. Default: JSON. */
  readonly takes?: readonly string[];
  /** @throws AppError, which `http/` answers in its one shape of errors. */
  handle(request: StudioRequest): Promise<StudioResponse>;
}
