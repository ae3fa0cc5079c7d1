import type { JsonObject } from '../base/json.js';

/** One request to the management API, after authentication; `http/` makes it. */
export interface StudioRequest {
  /** Subject of the caller: what belongs to others does not exist for it (SEC-18). */
  readonly owner: string;
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
  /** @throws AppError, which `http/` answers in its one shape of errors. */
  handle(request: StudioRequest): Promise<StudioResponse>;
}
