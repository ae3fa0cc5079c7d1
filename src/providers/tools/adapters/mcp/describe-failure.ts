/** What a failure of the SDK, the network or the server means: for whoever decides what to do next, and for people. */
import { AppError, describeError } from '../../../../base/errors.js';
import { cleanLine } from './clean-text.js';
import type { McpSdk } from './load-sdk.js';
import { describeLogin } from './oauth.js';
import { HttpStatusError, LOST_ANSWER } from './watch-answers.js';

export type FailureKind =
  /** The server answered with an error: it knows what it did. */
  | 'answered'
  /** Nothing reached the server, or it refused to look at it: nothing was done. */
  | 'not-taken'
  /** As `not-taken`; the server has forgotten the session. */
  | 'session-lost'
  /** As `not-taken`; it wants other credentials. */
  | 'unauthorized'
  /** As `not-taken`; it would refuse it again. */
  | 'refused'
  /** The request may have been carried out. */
  | 'unknown';

/** @param wasOver the session had ended when the request failed. */
export function classifyFailure(
  error: unknown,
  sdk: McpSdk,
  { wasOver, hadId }: { readonly wasOver: boolean; readonly hadId: boolean },
): FailureKind {
  if (error instanceof sdk.UnauthorizedError || error instanceof sdk.OAuthError) return 'unauthorized';
  if (error instanceof AppError) return error.code === 'MCP_UNAUTHORIZED' ? 'unauthorized' : 'unknown';
  if (error instanceof sdk.McpError) return error.data === LOST_ANSWER || wasOver ? 'unknown' : 'answered';
  const status = statusOf(error, sdk);
  if (status === 401 || status === 403) return 'unauthorized';
  // 404 by the protocol; some servers say 400.
  if ((status === 404 || status === 400) && hadId) return 'session-lost';
  if (status === 429) return 'not-taken';
  if (status !== undefined) return status >= 400 && status < 500 ? 'refused' : 'unknown';
  return isNeverSent(error) ? 'not-taken' : 'unknown';
}

/** As an AppError that says what to look at; one that is one already stays as it is. */
export function describeFailure(
  error: unknown,
  { name, doing, sdk }: { readonly name: string; readonly doing: string; readonly sdk: McpSdk },
): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof sdk.OAuthError) {
    const refusal = `the authorization server refuses tools.${name}.oauth: ${cleanLine(`${error.errorCode} ${error.message}`)}`;
    return new AppError('MCP_UNAUTHORIZED', { message: `tools.${name}: ${refusal}`, cause: error });
  }
  const status = statusOf(error, sdk);
  if (error instanceof sdk.UnauthorizedError || status === 401 || status === 403) {
    const refusal = status === 403 ? 'the server answers 403: these credentials may not' : describeLogin(name);
    return new AppError('MCP_UNAUTHORIZED', { message: `tools.${name}: ${refusal}`, cause: error });
  }
  return new AppError('MCP_UNAVAILABLE', {
    message: `tools.${name}: the MCP server ${doing}: ${cleanLine(describeError(error))}`,
    cause: error,
  });
}

function statusOf(error: unknown, sdk: McpSdk): number | undefined {
  if (error instanceof HttpStatusError) return error.status;
  if (error instanceof sdk.StreamableHTTPError && error.code !== undefined && error.code > 0) return error.code;
  return undefined;
}

/** The network refused before anything was sent. */
function isNeverSent(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { readonly code?: unknown } | undefined) : undefined;
  return NEVER_SENT.has(String(cause?.code));
}

const NEVER_SENT: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'],
]);
