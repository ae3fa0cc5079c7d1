/** Settings for tests that need only agents and the server. */
import type { AgentSettings, ServerSettings, Settings, StorageSettings } from '../../src/config/settings.js';

export function agentSettings(change: Partial<AgentSettings> = {}): AgentSettings {
  return {
    type: 'llm',
    handler: undefined,
    directMessages: false,
    name: 'Helper',
    description: 'Answers questions',
    llm: 'offline',
    instruction: '',
    tools: undefined,
    streaming: true,
    visibility: 'public',
    skills: [],
    inputModes: ['text/plain'],
    outputModes: ['text/plain'],
    documentStores: [],
    includeContext: false,
    includeContextLimit: 5,
    includeContextMaxLength: 500,
    doubleTexting: 'enqueue',
    reasoning: { maxIterations: 10 },
    ...change,
  };
}

export function serverSettings(change: Partial<ServerSettings> = {}): ServerSettings {
  return {
    host: '127.0.0.1',
    port: 0,
    publicUrl: '',
    grpcPort: undefined,
    grpcPublicAddress: '',
    http: 'auto',
    a2a: { assumeVersion: '', closeOnInputRequired: true },
    approval: { expiresAfterMs: 86_400_000 },
    limits: {
      maxBodyBytes: 10 * 1024 * 1024,
      maxHeaderBytes: 16 * 1024,
      maxMessageParts: 100,
      maxStreamsPerCaller: 100,
      requestTimeoutMs: 30_000,
      maxStreamBufferBytes: 64 * 1024,
      keepAliveMs: 15_000,
    },
    shutdownTimeoutMs: 30_000,
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
    retention: { tasksMs: 0, eventsMs: 0, sessionsMs: 0 },
    ...change,
  };
}

/** `agents` defaults to one public agent `helper`. */
export function testSettings(
  change: { agents?: Readonly<Record<string, AgentSettings>>; server?: Partial<ServerSettings> } = {},
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
    llms: {},
    embedders: {},
    vectorStores: {},
    documentStores: {},
    tools: {},
    agents: change.agents ?? { helper: agentSettings() },
    server: serverSettings(change.server),
    observability: { metrics: { enabled: false, endpoint: '/metrics' } },
    logger: { level: 'error', file: '', format: 'json' },
  };
}
