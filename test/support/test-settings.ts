/** Settings for tests that need only agents and the server. */
import type { ContextSettings } from '../../src/config/llm-agent-settings.js';
import type {
  AgentSettings,
  AuthSettings,
  CardSettings,
  CorsSettings,
  PushSettings,
  ReasoningSettings,
  ServerSettings,
  Settings,
  StorageSettings,
} from '../../src/config/settings.js';

export function agentSettings(change: Partial<AgentSettings> = {}): AgentSettings {
  return {
    type: 'llm',
    handler: undefined,
    directMessages: false,
    guardrails: undefined,
    name: 'Helper',
    description: 'Answers questions',
    llm: 'offline',
    instruction: '',
    tools: undefined,
    streaming: true,
    visibility: 'public',
    allowedRoles: undefined,
    skills: [],
    card: cardSettings(),
    extendedCard: undefined,
    extensions: [],
    inputModes: ['text/plain'],
    outputModes: ['text/plain'],
    documentStores: [],
    includeContext: false,
    includeContextLimit: 5,
    includeContextMaxLength: 500,
    doubleTexting: 'enqueue',
    search: { enabled: false, maxResults: 10 },
    reasoning: reasoningSettings({ maxIterations: 10 }),
    subAgents: [],
    agentTools: [],
    agentToolOptions: {},
    maxIterations: undefined,
    disallowTransferToParent: false,
    disallowTransferToPeers: false,
    globalInstruction: '',
    prompt: { role: '', guidance: '', systemPrompt: undefined },
    includeContents: 'default',
    context: contextSettings(),
    structuredOutput: undefined,
    outputKey: undefined,
    inputSchema: undefined,
    limits: { maxTokens: undefined, maxCost: undefined, maxDurationMs: undefined },
    ...change,
  };
}

export function contextSettings(change: Partial<ContextSettings> = {}): ContextSettings {
  return {
    strategy: 'none',
    windowSize: 20,
    budget: 8_000,
    threshold: 0.85,
    target: 0.7,
    preserveRecent: 5,
    summarizerLlm: undefined,
    ...change,
  };
}

export function reasoningSettings(change: Partial<ReasoningSettings> = {}): ReasoningSettings {
  return {
    maxIterations: 100,
    showThinking: true,
    enableExitTool: false,
    enableEscalateTool: undefined,
    terminationConditions: ['no_tool_calls', 'escalate', 'transfer', 'skip_summarization', 'input_required'],
    completionInstruction: undefined,
    ...change,
  };
}

export function cardSettings(change: Partial<CardSettings> = {}): CardSettings {
  return { version: undefined, documentationUrl: undefined, iconUrl: undefined, provider: undefined, ...change };
}

/** Of `a2a`, what is not given stays as it is. */
export type ServerChange = Partial<Omit<ServerSettings, 'a2a'>> & { readonly a2a?: Partial<ServerSettings['a2a']> };

export function authSettings(change: Partial<AuthSettings> = {}): AuthSettings {
  return {
    enabled: false,
    jwksUrl: '',
    issuer: '',
    audience: '',
    clientId: '',
    refreshIntervalMs: 900_000,
    refreshCooldownMs: 5_000,
    keysMaxAgeMs: 3_600_000,
    fetchTimeoutMs: 5_000,
    clockSkewMs: 60_000,
    roleClaim: 'role',
    tenantClaim: 'tenant_id',
    requireAuth: true,
    excludedPaths: ['/health', '/.well-known/agent-card.json'],
    apiKeys: [],
    ...change,
  };
}

export function corsSettings(change: Partial<CorsSettings> = {}): CorsSettings {
  return {
    allowedOrigins: ['*'],
    allowedMethods: ['GET', 'POST', 'DELETE', 'OPTIONS'],
    allowedHeaders: ['Content-Type', 'Authorization', 'A2A-Version', 'A2A-Extensions', 'Last-Event-ID'],
    allowCredentials: false,
    maxAgeMs: 600_000,
    ...change,
  };
}

export function serverSettings({ a2a, ...change }: ServerChange = {}): ServerSettings {
  return {
    host: '127.0.0.1',
    port: 0,
    publicUrl: '',
    trustProxy: false,
    tls: { enabled: false, certFile: '', keyFile: '', clientCaFile: '', minVersion: '1.2', reloadIntervalMs: 0 },
    cors: corsSettings(),
    auth: authSettings(),
    studio: { enabled: false, allowedRoles: ['operator', 'admin'] },
    card: cardSettings(),
    cardSigning: { keys: [] },
    grpcPort: undefined,
    grpcPublicAddress: '',
    http: 'auto',
    a2a: { assumeVersion: '', closeOnInputRequired: true, legacy: false, push: pushSettings(), ...a2a },
    approval: { webhookUrl: '', webhookSigningKey: '', timeoutMs: 300_000, allowPrivate: [], expiresAfterMs: 86_400_000 },
    mcp: { enabled: false },
    limits: {
      maxBodyBytes: 10 * 1024 * 1024,
      maxPendingBodyBytes: 256 * 1024 * 1024,
      maxHeaderBytes: 16 * 1024,
      maxMessageParts: 100,
      maxStreamsPerCaller: 100,
      requestTimeoutMs: 30_000,
      maxStreamBufferBytes: 64 * 1024,
      maxToolBytes: 1024 * 1024,
      maxEventBytes: 8 * 1024 * 1024,
      maxHistoryMessages: 10_000,
      maxFailedLogins: 100,
      maxManagementRequests: 6_000,
      keepAliveMs: 15_000,
    },
    shutdownTimeoutMs: 30_000,
    drainDelayMs: 0,
    ...change,
  };
}

export function pushSettings(change: Partial<PushSettings> = {}): PushSettings {
  return {
    enabled: true,
    maxConfigsPerTask: 10,
    timeoutMs: 15_000,
    maxAttempts: 12,
    firstRetryMs: 1_000,
    maxRetryMs: 300_000,
    concurrency: 32,
    allowPrivate: [],
    requireHttps: false,
    encryptionKey: '',
    ...change,
  };
}

export function storageSettings(change: Partial<StorageSettings> = {}): StorageSettings {
  return {
    database: 'default',
    tasks: { backend: 'sql', database: 'default' },
    sessions: { backend: 'sql', database: 'default' },
    checkpoint: {
      enabled: false,
      strategy: 'event',
      interval: { iterations: 0, ms: 0 },
      afterTools: false,
      beforeLlm: false,
      recovery: { autoResume: false, autoResumeHitl: false, timeoutMs: 3_600_000 },
    },
    memory: { embedder: undefined },
    retention: { tasksMs: 0, eventsMs: 0, sessionsMs: 0 },
    ...change,
  };
}

/** `agents` defaults to one public agent `helper`. */
export function testSettings(
  change: { agents?: Readonly<Record<string, AgentSettings>>; server?: ServerChange; defaultAgent?: string } = {},
): Settings {
  return {
    version: '0123456789abcdef',
    source: '{}',
    name: 'test',
    description: '',
    stateDirectory: '/nonexistent',
    redis: { url: '', keyPrefix: 'hector', binary: '' },
    databases: {},
    storage: storageSettings(),
    queue: { maxWaiting: 20_000, concurrency: 64, leaseMs: 1200, timeSliceMs: 1000, stallAfterMs: 30_000 },
    guardrails: {},
    llms: {},
    embedders: {},
    vectorStores: {},
    documentStores: {},
    tools: {},
    builtInTools: {},
    agents: change.agents ?? { helper: agentSettings() },
    defaults: { agent: change.defaultAgent },
    server: serverSettings(change.server),
    rateLimiting: {
      enabled: false,
      scope: 'session',
      backend: 'redis',
      sqlDatabase: '',
      onFailure: 'count_locally',
      limits: [],
      maxActiveRuns: 0,
    },
    observability: {
      tracing: {
        enabled: false,
        exporter: 'otlp',
        protocol: 'auto',
        endpoint: 'localhost:4317',
        samplingRate: 1,
        callerTracesPerSecond: 100,
        serviceName: 'hector',
        serviceVersion: '',
        insecure: true,
        headers: {},
        capturePayloads: false,
        debugExporter: true,
        timeoutMs: 10_000,
      },
      metrics: { enabled: false, endpoint: '/metrics', namespace: 'hector', subsystem: '', constLabels: {}, port: undefined },
    },
    logger: { level: 'error', file: '', format: 'json' },
  };
}
