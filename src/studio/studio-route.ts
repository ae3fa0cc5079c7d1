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
  /** The parsed JSON body; `undefined` without one. */
  readonly body: unknown;
}

export interface StudioResponse {
  readonly status: number;
  readonly body: JsonObject;
}

export interface StudioRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `/api/checkpoints/{taskId}`: braces name a segment. */
  readonly pattern: string;
  /** It tells of the server rather than of somebody's tasks (API-07). Default false. */
  readonly isForOperators?: boolean;
  /** @throws AppError, which `http/` answers in its one shape of errors. */
  handle(request: StudioRequest): Promise<StudioResponse>;
}
