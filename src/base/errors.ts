/**
 * The error registry: every failure Hector can name.
 *
 * Owns: the meaning of an error (code), what happens next (disposition) and its HTTP status.
 * Does not own: wire codes of a protocol (`a2a/errors.ts` maps those).
 */

/** What the code that catches an error does next. */
export type Disposition =
  /** Temporary: the same work may succeed later. */
  | 'retry'
  /** Permanent: the caller or the configuration must change first. */
  | 'stop'
  /** The work is paused for somebody's answer. */
  | 'wait'
  /** The work was called off. */
  | 'cancelled';

interface ErrorEntry {
  /** Default message; a specific one may replace it where the error is raised. */
  readonly message: string;
  readonly disposition: Disposition;
  readonly httpStatus: number;
}

const entry = (message: string, disposition: Disposition, httpStatus: number): ErrorEntry => ({ message, disposition, httpStatus });

export const ERRORS = {
  // configuration
  CONFIG_INVALID: entry('The configuration is invalid', 'stop', 400),
  CONFIG_NOT_FOUND: entry('The configuration file does not exist', 'stop', 400),
  CONFIG_UNREADABLE: entry('The configuration file cannot be read', 'stop', 400),
  CONFIG_SYNTAX: entry('The configuration is not valid YAML or JSON', 'stop', 400),
  SKILL_INVALID: entry('SKILL.md cannot be followed', 'stop', 400),
  CONFIG_CHANGED: entry('The configuration was changed by somebody else; read it again', 'stop', 412),
  CONFIG_NOT_WRITABLE: entry('The configuration cannot be written', 'stop', 409),
  CONFIG_SOURCE_UNAVAILABLE: entry('The configuration cannot be reached where it lies, try again later', 'retry', 503),
  CONFIG_SERVER_LOCKED: entry('The server configuration is immutable via the studio API', 'stop', 403),
  CLI_USAGE: entry('The command line is wrong', 'stop', 400),
  CLI_SERVER_UNREACHABLE: entry('The server cannot be reached', 'retry', 502),
  CLI_SERVER_REFUSED: entry('The server refused the request', 'stop', 502),
  // http
  HTTP_ADDRESS_IN_USE: entry('The address is already in use', 'stop', 500),
  HTTP_ADDRESS_UNAVAILABLE: entry('The address cannot be bound', 'stop', 500),
  HTTP_BODY_TOO_LARGE: entry('The request body is too large', 'stop', 413),
  HTTP_TOO_MANY_BODIES: entry('Too many request bodies are arriving', 'retry', 503),
  HTTP_HEADERS_TOO_LARGE: entry('The request headers are too large', 'stop', 431),
  TLS_FILE_UNUSABLE: entry('The TLS certificate cannot be used', 'stop', 500),
  HTTP_ADAPTER_UNAVAILABLE: entry('The HTTP adapter cannot be loaded', 'stop', 500),
  HTTP_REQUEST_TIMEOUT: entry('The request took too long to arrive', 'retry', 408),
  HTTP_TOO_MANY_STREAMS: entry('Too many open streams', 'retry', 429),
  HTTP_NOT_FOUND: entry('Not found', 'stop', 404),
  HTTP_METHOD_NOT_ALLOWED: entry('Method not allowed', 'stop', 405),
  HTTP_UNSUPPORTED_MEDIA_TYPE: entry('Unsupported content type', 'stop', 415),
  HTTP_DRAINING: entry('The server is shutting down', 'retry', 503),
  // access
  ACCESS_UNAUTHENTICATED: entry('Authentication is required', 'stop', 401),
  ACCESS_TOKEN_INVALID: entry('The token is refused', 'stop', 401),
  ACCESS_ROLE_MISSING: entry('The caller has none of the roles that this needs', 'stop', 403),
  ACCESS_KEYS_UNAVAILABLE: entry('Tokens cannot be checked now, try again later', 'retry', 503),
  ACCESS_RATE_LIMITED: entry('A limit of the caller is used up', 'retry', 429),
  ACCESS_LIMITS_UNAVAILABLE: entry('Limits cannot be checked now, try again later', 'retry', 503),
  ACCESS_FORBIDDEN: entry('Access is forbidden', 'stop', 403),
  AGENT_NOT_FOUND: entry('Agent not found', 'stop', 404),
  ADDRESS_NOT_ALLOWED: entry('The address is not allowed', 'stop', 400),
  OUTBOUND_TIMEOUT: entry('The other side did not answer in time', 'retry', 504),
  OUTBOUND_NO_ANSWER: entry('The other side gave no answer', 'retry', 502),
  OUTBOUND_ENCODING_UNKNOWN: entry('The answer cannot be decoded', 'stop', 502),
  // protocol
  REQUEST_INVALID_JSON: entry('Invalid JSON payload', 'stop', 400),
  REQUEST_INVALID: entry('Request payload validation error', 'stop', 400),
  METHOD_NOT_FOUND: entry('Method not found', 'stop', 404),
  PARAMS_INVALID: entry('Invalid parameters', 'stop', 400),
  INTERNAL: entry('Internal error', 'stop', 500),
  OVERLOADED: entry('The server is overloaded, try again later', 'retry', 503),
  TASK_NOT_FOUND: entry('Task not found', 'stop', 404),
  TASK_NOT_CANCELABLE: entry('Task cannot be canceled', 'stop', 400),
  PUSH_NOT_SUPPORTED: entry('Push notifications are not supported', 'stop', 400),
  PUSH_TOO_MANY_CONFIGS: entry('The task has too many push notification configs', 'stop', 400),
  PUSH_SECRET_UNREADABLE: entry('The secret of a push notification config cannot be read', 'stop', 500),
  OPERATION_UNSUPPORTED: entry('This operation is not supported', 'stop', 400),
  CONTENT_TYPE_NOT_SUPPORTED: entry('Content type is not supported', 'stop', 400),
  AGENT_RESPONSE_INVALID: entry('The agent returned an invalid response', 'stop', 500),
  EXTENDED_CARD_NOT_CONFIGURED: entry('No extended agent card is configured', 'stop', 400),
  EXTENSION_REQUIRED: entry('A required extension is not declared by the client', 'stop', 400),
  CARD_NOT_SIGNABLE: entry('The agent card cannot be signed', 'stop', 500),
  VERSION_NOT_SUPPORTED: entry('The protocol version is not supported', 'stop', 400),
  // run log
  TASK_LOST: entry('Another worker has taken over this task', 'cancelled', 409),
  TASK_CANCELED: entry('The task was canceled', 'cancelled', 409),
  STEP_ABORTED: entry('The step was aborted', 'cancelled', 503),
  AGENT_ITERATION_LIMIT: entry('Reasoning loop safety limit exceeded', 'stop', 500),
  AGENT_LIMIT_EXCEEDED: entry('The run has used up what it may', 'stop', 500),
  AGENT_INSTRUCTION_INVALID: entry('An instruction of the agent cannot be filled in', 'stop', 500),
  AGENT_CALLBACK_FAILED: entry('Code of the agent failed', 'stop', 500),
  AGENT_OUTPUT_INVALID: entry('The answer does not fit its schema', 'stop', 500),
  AGENT_HANDLER_MISSING: entry('This process has no code for the agent', 'retry', 503),
  GUARDRAIL_BLOCKED: entry('A guardrail forbids it', 'stop', 403),
  AGENT_FAILED: entry('The agent failed', 'stop', 500),
  TASK_BUSY: entry('The task is being worked on', 'retry', 409),
  CHECKPOINT_NOT_HELD: entry('The run is not held', 'stop', 409),
  CHECKPOINT_ENDED: entry('The run has ended', 'stop', 409),
  SESSION_NOT_FOUND: entry('Unknown session', 'stop', 404),
  TRACE_NOT_FOUND: entry('Unknown trace', 'stop', 404),
  SESSION_ACTIVE: entry('A run of the session has not ended', 'stop', 409),
  ARTIFACT_NOT_FOUND: entry('Unknown artifact', 'stop', 404),
  TOOL_CALL_NOT_FOUND: entry('Unknown tool call', 'stop', 404),
  TOOL_CALL_NOT_OPEN: entry('The tool call waits for no decision', 'stop', 409),
  TOOL_CALL_CHANGED: entry('The tool call has other arguments', 'stop', 409),
  TOOL_CALL_NOT_RUNNING: entry('The tool call does not run', 'stop', 409),
  TOOL_CALL_CANCELED: entry('Somebody canceled the tool call', 'stop', 409),
  CONTEXT_BUSY: entry('A run of this context has not ended', 'retry', 409),
  // stores
  DATABASE_UNAVAILABLE: entry('The database cannot be reached', 'retry', 503),
  DATABASE_BUSY: entry('The database is busy', 'retry', 503),
  DATABASE_SCHEMA: entry('The database schema does not fit this version', 'stop', 500),
  STATE_FOLDER_UNUSABLE: entry('The state folder cannot be used', 'stop', 500),
  REDIS_UNAVAILABLE: entry('Redis cannot be reached', 'retry', 503),
  REDIS_BINARY_NOT_FOUND: entry('No redis-server program was found', 'stop', 500),
  REDIS_EVICTS: entry('Redis may evict keys', 'stop', 500),
  // providers
  LLM_UNAVAILABLE: entry('The model provider cannot be reached', 'retry', 502),
  LLM_RATE_LIMITED: entry('The model provider limits the rate', 'retry', 502),
  LLM_REJECTED: entry('The model provider rejected the request', 'stop', 502),
  LLM_UNAUTHORIZED: entry('The model provider rejected the credentials', 'stop', 502),
  LLM_BAD_RESPONSE: entry('The model provider answered with something unexpected', 'retry', 502),
  LLM_TIMEOUT: entry('The model provider stopped answering', 'retry', 504),
  EMBEDDER_FAILED: entry('The embedder failed', 'retry', 502),
  EMBEDDER_UNAVAILABLE: entry('The embedder cannot be reached', 'retry', 502),
  EMBEDDER_RATE_LIMITED: entry('The embedder limits the rate', 'retry', 502),
  EMBEDDER_TIMEOUT: entry('The embedder did not answer in time', 'retry', 504),
  EMBEDDER_BAD_RESPONSE: entry('The embedder answered with something unexpected', 'retry', 502),
  EMBEDDER_REJECTED: entry('The embedder rejected the request', 'stop', 502),
  EMBEDDER_TOO_LARGE: entry('The text is too long for the embedder', 'stop', 502),
  EMBEDDER_UNAUTHORIZED: entry('The embedder rejected the credentials', 'stop', 502),
  EMBEDDER_UNUSABLE: entry('The embedder cannot be used as it is configured', 'stop', 502),
  EMBEDDER_DIMENSION: entry('The embedder gives vectors of another length', 'stop', 502),
  VECTOR_STORE_UNAVAILABLE: entry('The vector store cannot be reached', 'retry', 502),
  VECTOR_STORE_RATE_LIMITED: entry('The vector store limits the rate', 'retry', 502),
  VECTOR_STORE_TIMEOUT: entry('The vector store did not answer in time', 'retry', 504),
  VECTOR_STORE_BAD_RESPONSE: entry('The vector store answered with something unexpected', 'retry', 502),
  VECTOR_STORE_REJECTED: entry('The vector store rejected the request', 'stop', 502),
  VECTOR_STORE_TOO_LARGE: entry('The request is too large for the vector store', 'stop', 502),
  VECTOR_STORE_UNAUTHORIZED: entry('The vector store rejected the credentials', 'stop', 502),
  VECTOR_STORE_UNUSABLE: entry('The vector store cannot be used as it is configured', 'stop', 502),
  VECTOR_STORE_COLLECTION_MISSING: entry('The vector store has no such collection', 'retry', 502),
  TOOL_NOT_FOUND: entry('Unknown tool', 'stop', 400),
  TOOL_ARGUMENTS_INVALID: entry('Invalid tool arguments', 'stop', 400),
  TOOL_OUTCOME_UNKNOWN: entry('Nobody knows whether the tool call was carried out', 'stop', 502),
  MCP_UNAVAILABLE: entry('The MCP server cannot be reached', 'retry', 502),
  MCP_UNAUTHORIZED: entry('The MCP server rejected the credentials', 'stop', 502),
  TOOL_PATH_REFUSED: entry('The path is not allowed', 'stop', 400),
  TOOL_COMMAND_REFUSED: entry('The command is not allowed', 'stop', 400),
  TOOL_URL_REFUSED: entry('The request is not allowed', 'stop', 400),
  TOOL_FAILED: entry('The tool failed', 'stop', 500),
  // tracing
  TRACING_EXPORT_FAILED: entry('Spans did not reach the collector', 'retry', 502),
  // remote agents
  REMOTE_UNAVAILABLE: entry('The remote agent cannot be reached', 'retry', 502),
  REMOTE_REFUSED: entry('The remote agent refused the request', 'stop', 502),
  REMOTE_UNAUTHORIZED: entry('The remote agent refused the credentials', 'stop', 502),
  REMOTE_UNSUPPORTED: entry('The remote agent does not support this', 'stop', 502),
  REMOTE_TASK_UNKNOWN: entry('The remote agent no longer knows the task', 'stop', 502),
  REMOTE_BAD_RESPONSE: entry('The remote agent answered with something unexpected', 'stop', 502),
  REMOTE_CARD_UNUSABLE: entry('The card of the remote agent cannot be used', 'stop', 502),
  // knowledge
  DOCUMENT_SOURCE_UNREADABLE: entry('The document source cannot be read', 'stop', 400),
  PAGE_NOT_ALLOWED: entry('The page may not be read', 'stop', 403),
  DOCUMENT_OUTSIDE_SOURCE: entry('The document lies outside of its source', 'stop', 400),
  DOCUMENT_TOO_LARGE: entry('The document is too large', 'stop', 400),
  DOCUMENT_NOT_TEXT: entry('The document is not readable text', 'stop', 400),
  DOCUMENT_UNREADABLE: entry('The document is damaged or protected', 'stop', 400),
  DOCUMENT_PARSER_FAILED: entry('The document parser failed', 'retry', 502),
  DOCUMENT_UNSUPPORTED: entry('No extractor reads this kind of document', 'stop', 400),
  DOCUMENT_STORE_NOT_FOUND: entry('Unknown document store', 'stop', 400),
  DOCUMENT_STORE_CONFIGURED: entry('The document store is in use', 'stop', 409),
  DOCUMENT_NOT_FOUND: entry('Unknown document', 'stop', 404),
  DOCUMENT_SOURCE_EMPTY: entry('The document source shows no documents any more', 'stop', 409),
  INGEST_LOST: entry('The ingest run goes on elsewhere or was canceled', 'cancelled', 409),
  INGEST_RUN_NOT_FOUND: entry('Unknown ingest run', 'stop', 404),
  INGEST_RUN_ENDED: entry('The ingest run has ended', 'stop', 409),
  SEARCH_QUERY_INVALID: entry('The search query is invalid', 'stop', 400),
  INDEX_FAILED: entry('The vector index failed', 'retry', 500),
  INDEX_ENGINE_MISSING: entry('The library of the vector index is not installed', 'stop', 500),
  THREAD_FAILED: entry('A worker thread failed', 'retry', 500),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** One field that is wrong, as `google.rpc.BadRequest` wants it (E4) and as `hector validate` prints it. */
export interface FieldProblem {
  /** Path of the field, e.g. `agents.helper.llm` or `message.parts[0]`. */
  readonly field: string;
  readonly description: string;
}

export interface AppErrorOptions {
  /** Replaces the registry's default message; says what to change. */
  readonly message?: string;
  readonly cause?: unknown;
  /** Fields that are wrong, all at once. */
  readonly problems?: readonly FieldProblem[];
  /** How long a caller should wait before it tries again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Facts for logs; never secrets or model text. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly FieldProblem[];
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? ERRORS[code].message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.problems = options.problems ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details ?? {};
  }

  get disposition(): Disposition {
    return ERRORS[this.code].disposition;
  }

  get httpStatus(): number {
    return ERRORS[this.code].httpStatus;
  }
}

/** Wraps anything thrown into an `AppError`; one that is already an `AppError` passes unchanged. */
export function toAppError(error: unknown, code: ErrorCode = 'INTERNAL'): AppError {
  if (error instanceof AppError) return error;
  return new AppError(code, { cause: error });
}

export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof AppError && error.code === code;
}

/**
 * What a client may read: the message of an error that the client can do something about, else the registry's words. What is
 * wrong inside (hosts, paths, keys of the configuration) is for the log.
 */
export function describeForClient(error: AppError): string {
  const isForClients = /^(AGENT|HTTP)_/.test(error.code) || (error.httpStatus < 500 && !/^(CONFIG|CLI)_/.test(error.code));
  return isForClients ? error.message : ERRORS[error.code].message;
}

/** One line for people: the message, and the messages of the causes below it. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; current !== undefined && current !== null && depth < 5; depth++) {
    const text = current instanceof Error ? current.message || current.name : String(current);
    // A message often repeats its cause's; said once is enough.
    if (text !== '' && !parts.some((part) => part.includes(text))) parts.push(text);
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(': ');
}
