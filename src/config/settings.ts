/**
 * The resolved configuration: defaults applied, references checked, units in names, frozen.
 * The only thing past `config/` (ARCHITECTURE §10). One member per top-level YAML key.
 */
import type { LogOptions } from '../observe/log.js';
import type { TracingSettings } from '../observe/tracing/tracing-settings.js';
import type { AgentSettings, CardSettings } from './agent-settings.js';
import type { AuthSettings } from './auth-settings.js';
import type { CorsSettings, TlsSettings } from './front-settings.js';
import type { GuardrailSettings } from './guardrail-settings.js';
import type { DocumentStoreSettings, EmbedderSettings, VectorStoreSettings } from './knowledge-settings.js';
import type { RateLimitingSettings } from './rate-limiting-settings.js';
import type { SigningAlgorithm } from './signing-key.js';
import type { ToolSettings } from './tool-settings.js';

export type {
  AgentSettings,
  AgentToolSettings,
  CardSettings,
  ExtendedCardSettings,
  ExtensionSettings,
  ReasoningSettings,
  SkillSettings,
  TerminationCondition,
} from './agent-settings.js';
export type { ApiKeySettings, AuthSettings, TokenSettings } from './auth-settings.js';
export type { CorsSettings, TlsSettings } from './front-settings.js';
export type {
  ChunkingSettings,
  DocumentStoreSettings,
  EmbedderProvider,
  EmbedderSettings,
  IndexingSettings,
  IngestRetrySettings,
  McpParserSettings,
  SegmentSettings,
  VectorIndexSettings,
  VectorServiceSettings,
  VectorServiceType,
  VectorStoreSettings,
} from './knowledge-settings.js';
export type { RateLimitingSettings, RateLimitRule } from './rate-limiting-settings.js';
export type {
  ApiSourceSettings,
  CollectionSourceSettings,
  DirectorySourceSettings,
  S3SourceSettings,
  SourceSettings,
  SourceType,
  SqlSourceSettings,
  SqlTableSettings,
  UrlsSourceSettings,
} from './source-settings.js';
export type {
  CommandToolSettings,
  CommonToolSettings,
  FunctionToolSettings,
  McpOAuthSettings,
  McpToolSettings,
  ToolLimits,
  ToolSettings,
  WebLimits,
} from './tool-settings.js';

export interface Settings {
  /** First 16 hex digits of the SHA-256 of `source`; runs are pinned to it (R12). */
  readonly version: string;
  /** The configuration's text before interpolation, as canonical JSON; holds no secrets that came from variables. */
  readonly source: string;
  readonly name: string;
  readonly description: string;
  /** Absolute path of the state folder; `.hector` beside the working directory by default. */
  readonly stateDirectory: string;
  readonly redis: RedisSettings;
  readonly databases: Readonly<Record<string, DatabaseSettings>>;
  readonly storage: StorageSettings;
  readonly queue: QueueSettings;
  readonly llms: Readonly<Record<string, LlmSettings>>;
  readonly embedders: Readonly<Record<string, EmbedderSettings>>;
  readonly vectorStores: Readonly<Record<string, VectorStoreSettings>>;
  readonly documentStores: Readonly<Record<string, DocumentStoreSettings>>;
  readonly tools: Readonly<Record<string, ToolSettings>>;
  /** What a built-in tool with a working directory is when an agent names it and `tools` does not declare it. */
  readonly builtInTools: Readonly<Record<string, ToolSettings>>;
  readonly agents: Readonly<Record<string, AgentSettings>>;
  readonly guardrails: Readonly<Record<string, GuardrailSettings>>;
  readonly defaults: DefaultsSettings;
  readonly server: ServerSettings;
  readonly rateLimiting: RateLimitingSettings;
  readonly observability: ObservabilitySettings;
  readonly logger: LogOptions;
}

export interface RedisSettings {
  /** `redis://…`, `rediss://…` or `unix:///path`; '' = the embedded, supervised one. */
  readonly url: string;
  /** Every key starts with it. Default `hector`. */
  readonly keyPrefix: string;
  /** Program for the embedded server; '' = the first of `redis-server`, `valkey-server` on the PATH. */
  readonly binary: string;
}

/** spec/03 3.7 */
export interface DatabaseSettings {
  readonly driver: 'sqlite' | 'postgres' | 'mysql';
  /** DSN in place of host, port and database; '' = not given. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Database name; for SQLite the absolute path of its file, or `:memory:`. */
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly sslMode: 'disable' | 'require' | 'verify-full';
  /** Default 25 (SQLite always uses one). */
  readonly maxConns: number;
  readonly maxIdle: number;
  /** Longest wait for the server to connect or to answer one statement, milliseconds. Default 15,000; not for SQLite. */
  readonly queryTimeoutMs: number;
}

export interface StorageSettings {
  /** Key in `databases`. */
  readonly database: string;
  readonly tasks: RunStorageSettings;
  readonly sessions: RunStorageSettings;
  readonly memory: MemorySettings;
  readonly checkpoint: CheckpointSettings;
  /** 0 = kept for ever. */
  readonly retention: { readonly tasksMs: number; readonly eventsMs: number; readonly sessionsMs: number };
}

/** CFG-76 */
export interface MemorySettings {
  /** Key in `embedders`; `undefined` = messages are found by their words. */
  readonly embedder: string | undefined;
}

/** CFG-75, SES-10 */
export interface RunStorageSettings {
  readonly backend: 'sql' | 'inmemory';
  /** Key in `databases`; unused with `inmemory`. */
  readonly database: string;
}

/** CFG-77. While `enabled` is false the rest does not apply: every step is one commit, every run is taken over. */
export interface CheckpointSettings {
  readonly enabled: boolean;
  readonly strategy: 'event' | 'interval' | 'hybrid';
  /** Iterations per commit, or the time between commits; both 0 = every iteration. */
  readonly interval: { readonly iterations: number; readonly ms: number };
  readonly afterTools: boolean;
  readonly beforeLlm: boolean;
  readonly recovery: {
    readonly autoResume: boolean;
    readonly autoResumeHitl: boolean;
    /** 0 = never. Default 3,600,000. */
    readonly timeoutMs: number;
  };
}

export interface QueueSettings {
  /** Step jobs that may wait before new work is refused. Default 20,000. */
  readonly maxWaiting: number;
  /** Steps that one agent worker process runs at once. Default 64. */
  readonly concurrency: number;
  /** Time to live of a task's lease, milliseconds; renewed every third of it. Default 1,400. */
  readonly leaseMs: number;
  /** How long one run may keep its worker while others wait, milliseconds. Default 1,000. */
  readonly timeSliceMs: number;
  /** Age at which a waiting job counts as stuck when no worker took or finished any meanwhile, milliseconds. Default 30,000. */
  readonly stallAfterMs: number;
}

export interface LlmSettings {
  readonly provider: 'offline' | 'openai' | 'anthropic' | 'gemini' | 'ollama';
  readonly model: string;
  readonly apiKey: string;
  /** '' = the provider's own. */
  readonly baseUrl: string;
  /** `auto` takes Responses for OpenAI itself and Chat Completions for any other `base_url` (LLM-13). */
  readonly api: 'auto' | 'responses' | 'chat';
  readonly temperature: number | undefined;
  readonly maxTokens: number | undefined;
  /** 0 = unlimited; longer tool results are truncated with a marker (AGT-13). */
  readonly maxToolOutputLength: number;
  /** `undefined` = nothing is said to the model about thinking. */
  readonly thinking: LlmThinking | undefined;
  readonly maxRetries: number;
  /** Longest silence of a streaming answer, milliseconds. Default 120,000; ollama 300,000 (LLM-02). */
  readonly idleTimeoutMs: number;
  readonly tls: LlmTls;
  /** Keys in `llms` that are asked in turn when this one fails (W-66). */
  readonly fallback: readonly string[];
  /** `undefined` = not known. */
  readonly price: LlmPrice | undefined;
  readonly ollama: OllamaSettings;
  /** Offline model only: delay before the first token and between tokens, milliseconds. Default 0. */
  readonly firstTokenMs: number;
  readonly tokenMs: number;
}

export interface LlmThinking {
  readonly enabled: boolean;
  /** Default 1,024. */
  readonly budgetTokens: number;
}

/** LLM-05 */
export interface LlmTls {
  readonly insecureSkipVerify: boolean;
  /** Absolute path of a PEM file that is trusted beside the usual authorities; '' = none. */
  readonly caCertificate: string;
}

/** Per million tokens. */
export interface LlmPrice {
  readonly input: number;
  readonly output: number;
  /** Of input that came from the provider's cache. */
  readonly cached: number;
  /** Of input that was written to it. */
  readonly cacheWrite: number;
}

/** LLM-40; `undefined` = the model's own. */
export interface OllamaSettings {
  readonly keepAlive: string;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  readonly numCtx: number | undefined;
  readonly seed: number | undefined;
  readonly stop: readonly string[];
}

/** `defaults.llm` is written into the agents. */
export interface DefaultsSettings {
  /** Key in `agents`; `undefined`: none is public. */
  readonly agent: string | undefined;
}

export interface SigningKeySettings {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** PEM or JWK. */
  readonly privateKey: string;
  readonly jku: string | undefined;
}

export interface ObservabilitySettings {
  readonly tracing: TracingSettings;
  readonly metrics: MetricsSettings;
}

/** OBS-03 */
export interface MetricsSettings {
  readonly enabled: boolean;
  readonly endpoint: string;
  /** Before every name. Default `hector`. */
  readonly namespace: string;
  /** Between namespace and name; '' = nothing. */
  readonly subsystem: string;
  readonly constLabels: Readonly<Record<string, string>>;
  /** Where every process serves metrics and health; 0 = any free one, `undefined` = the front serves them, others nowhere. */
  readonly port: number | undefined;
}

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  /** Base URL that clients reach, without trailing slash; '' = derived from each request (API-26). */
  readonly publicUrl: string;
  /** `X-Forwarded-Proto` and `X-Forwarded-Host` tell the address that clients reach. */
  readonly trustProxy: boolean;
  readonly tls: TlsSettings;
  readonly cors: CorsSettings;
  readonly auth: AuthSettings;
  /** Who may see and decide what belongs to others. Default operator and admin. */
  readonly studio: { readonly enabled: boolean; readonly allowedRoles: readonly string[] };
  /** For all agents; an agent's own come first. */
  readonly card: CardSettings;
  /** Without keys, cards are not signed. */
  readonly cardSigning: { readonly keys: readonly SigningKeySettings[] };
  /** 0 = any free one; `undefined` = no gRPC. */
  readonly grpcPort: number | undefined;
  /** `host:port` that clients reach; '' = the base URL's host and the port that gRPC listens on. */
  readonly grpcPublicAddress: string;
  /** HTTP adapter: `auto` takes uWebSockets.js where its binary loads, else node:http. */
  readonly http: 'auto' | 'uws' | 'node';
  readonly a2a: {
    /** Version assumed for a request without `A2A-Version`; '' = 0.3 as the protocol says (V3), which is then refused. */
    readonly assumeVersion: '' | '1.0';
    /** Send-streams end when the task asks for input (A15.3). Default true. */
    readonly closeOnInputRequired: boolean;
    /** A2A 0.3 is spoken beside 1.0. Default false. */
    readonly legacy: boolean;
    readonly push: PushSettings;
  };
  readonly approval: ApprovalSettings;
  /** Agents as tools of an MCP server. Default: not. */
  readonly mcp: { readonly enabled: boolean };
  readonly limits: {
    /** Default 10 MiB. */
    readonly maxBodyBytes: number;
    /** Of all request bodies together that have not arrived whole. Default 256 MiB. */
    readonly maxPendingBodyBytes: number;
    /** Default 16 KiB. */
    readonly maxHeaderBytes: number;
    /** Default 100. */
    readonly maxMessageParts: number;
    /** Open streams per caller. Default 100. */
    readonly maxStreamsPerCaller: number;
    /** Sending a request may take this long, milliseconds. Default 30,000. */
    readonly requestTimeoutMs: number;
    /** Bytes queued for a slow reader before it is detached and caught up by cursor. Default 64 KiB. */
    readonly maxStreamBufferBytes: number;
    /** Of the arguments of a tool call, and of the content and the data of its result. Default 1 MiB. */
    readonly maxToolBytes: number;
    /** Of what one step adds to a task, as JSON. Default 8 MiB. */
    readonly maxEventBytes: number;
    /** Default 10,000. */
    readonly maxHistoryMessages: number;
    /** Credentials that nobody issued, of one address in a minute; 0 = any number. Default 100. */
    readonly maxFailedLogins: number;
    /** Calls of the management API, of one address in a minute; 0 = any number. Default 6,000. */
    readonly maxManagementRequests: number;
    /** Silence on a stream after which a keep-alive comment is sent, milliseconds. Default 15,000. */
    readonly keepAliveMs: number;
  };
  /** Budget for draining, milliseconds. Default 30,000. */
  readonly shutdownTimeoutMs: number;
  /** Of that, how long readiness says no before anything is refused, milliseconds; at most half of it counts. Default 2,000. */
  readonly drainDelayMs: number;
}

/** CFG-85 */
export interface ApprovalSettings {
  /** '' = nobody is told. */
  readonly webhookUrl: string;
  /** '' = nothing is signed. */
  readonly webhookSigningKey: string;
  /** Until the webhook has answered one request. Default 300 s. */
  readonly timeoutMs: number;
  readonly allowPrivate: readonly string[];
  /** A wait for somebody ends in FAILED after this, milliseconds; 0 = never. Default 24 h. */
  readonly expiresAfterMs: number;
}

/** `server.a2a.push` */
export interface PushSettings {
  readonly enabled: boolean;
  readonly maxConfigsPerTask: number;
  /** Longest wait for a webhook's answer, milliseconds. Default 15,000. */
  readonly timeoutMs: number;
  /** Tries of one delivery before its config is given up. Default 12. */
  readonly maxAttempts: number;
  /** Wait after the first failed try, doubled after each further one, milliseconds. Default 1,000. */
  readonly firstRetryMs: number;
  /** No wait is longer, whatever `Retry-After` says, milliseconds. Default 5 min. */
  readonly maxRetryMs: number;
  /** Deliveries that one process has under way. Default 32. */
  readonly concurrency: number;
  /** Host names, addresses, networks, or `*`, that webhooks may be at although they are not public. */
  readonly allowPrivate: readonly string[];
  readonly requireHttps: boolean;
  /** Seals tokens and credentials in the database; '' = they are stored as they are. */
  readonly encryptionKey: string;
}
