import { AppError, type FieldProblem } from '../base/errors.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../base/json.js';
import { trimEndOf } from '../base/trim.js';
import { bearer, WHERE_TOKENS_GO } from './token.js';

export interface ApiCall {
  /** Base URL of a server. */
  readonly url: string;
  /** Who asks. Default: nobody. */
  readonly token?: string | undefined;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Begins with `/`; its parts are encoded. */
  readonly path: string;
  readonly body?: JsonObject;
  readonly signal: AbortSignal;
}

/**
 * One call of the management API.
 * @throws AppError `CLI_SERVER_UNREACHABLE`, `CLI_SERVER_REFUSED` with the server's own words.
 */
export async function callApi({ url, token, method, path, body, signal }: ApiCall): Promise<JsonObject> {
  const base = trimEndOf(url, '/');
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${base}${path}`, {
      method,
      signal,
      headers: { ...bearer(token), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new AppError('CLI_SERVER_UNREACHABLE', {
      message: `no server answers at ${base}; start one with 'hector serve', or correct --url`,
      cause: error instanceof Error && error.cause !== undefined ? error.cause : error,
    });
  }
  const reply = parseJsonObject(text);
  if (response.ok && reply !== undefined) return reply;
  throw refusal(response, reply?.['error']);
}

function refusal({ status, statusText }: Response, error: unknown): AppError {
  if (!isJsonObject(error) || typeof error['message'] !== 'string')
    return new AppError('CLI_SERVER_REFUSED', {
      message: `the server answered HTTP ${status} ${statusText}; is it Hector, and of this version?`,
    });
  const problems = Array.isArray(error['problems']) ? (error['problems'] as readonly FieldProblem[]) : [];
  return new AppError(status === 503 ? 'CLI_SERVER_UNREACHABLE' : 'CLI_SERVER_REFUSED', {
    message: status === 401 ? `${error['message']}; ${WHERE_TOKENS_GO}` : error['message'],
    problems: problems.filter(({ field, description }) => typeof field === 'string' && typeof description === 'string'),
    details: { status, code: error['code'] },
  });
}
