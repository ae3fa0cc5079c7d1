/** The management API over a run log in memory, with everything that Redis would know in the test's hands. */
import type { JsonObject } from '../../src/base/json.js';
import { silentLogger } from '../../src/observe/log.js';
import type { ToolsetHealth } from '../../src/providers/tools/contract.js';
import type { StudioPorts } from '../../src/studio/studio-ports.js';
import type { StudioResponse, StudioRoute } from '../../src/studio/studio-route.js';
import { createStudioRoutes } from '../../src/studio/studio-routes.js';
import { createAcceptMessage } from '../../src/tasks/accept-message.js';
import { createCancelTask } from '../../src/tasks/cancel-task.js';
import type { JobPlace } from '../../src/tasks/step-queue.js';
import type { TaskEvent } from '../../src/tasks/task-event.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import type { ToolCallWrite } from '../../src/tasks/tool-call.js';
import { InMemoryTaskStore } from './in-memory-task-store.js';
import { acceptNew, type SampleMessage, sampleCommit } from './run-log-samples.js';
import { sampleConfig } from './sample-config.js';
import { sampleKnowledge } from './sample-knowledge.js';
import { sampleSessions } from './sample-sessions.js';
import { sampleTraces } from './sample-spans.js';
import { sampleToolCall } from './sample-tool-call.js';
import { createSteeredClock, type SteeredClock } from './steered-clock.js';
import { serverSettings } from './test-settings.js';

export interface StudioRig {
  readonly store: InMemoryTaskStore;
  readonly clock: SteeredClock;
  readonly ports: StudioPorts;
  readonly routes: readonly StudioRoute[];
  /** What Redis knows; `outage` makes it fail or never answer. */
  readonly redis: {
    leases: Map<string, number>;
    job: JobPlace | undefined;
    workers: number | undefined;
    refusal?: string;
    outage?: 'fails' | 'hangs';
  };
  readonly configVersions: Set<string>;
  /** Ids of tasks that were given a job. */
  readonly enqueued: string[];
  readonly published: readonly TaskEvent[];
  call(method: string, path: string, options?: { readonly body?: unknown; readonly owner?: string }): Promise<StudioResponse>;
  /** A new run of the owner `ada`. */
  accept(sample?: SampleMessage): Promise<TaskRecord>;
  take(taskId: string, worker?: string): Promise<TaskRecord>;
  hold(taskId: string): Promise<TaskRecord>;
  /** The run waits for decisions about these calls. */
  ask(task: TaskRecord, questions: readonly JsonObject[], calls?: readonly ToolCallWrite[]): Promise<TaskRecord>;
}

export const SWEEP = { lease: 'keeper.recovery', orphanMs: 250, lostJobMs: 3_000 };

const SAMPLE_TOOLSET: ToolsetHealth = {
  name: 'files',
  state: 'unreachable',
  transport: 'stdio',
  server: 'secure-filesystem-server 0.2.0',
  tools: 14,
  problems: [],
  failure: {
    message: 'tools.files: the connection broke: the program ended with exit code 1',
    at: 1_700_000_000_000,
    nextTryAt: 1_700_000_002_000,
  },
};

export function createStudioRig(change: Partial<StudioPorts> = {}): StudioRig {
  const store = new InMemoryTaskStore();
  const clock = createSteeredClock();
  const redis: StudioRig['redis'] = { leases: new Map([[SWEEP.lease, 1_000]]), job: { type: 'none' }, workers: 1 };
  const configVersions = new Set(['v1']);
  const enqueued: string[] = [];
  const fromRedis = async <T>(answer: () => T): Promise<T> => {
    if (redis.outage === 'fails') throw new Error('connect ECONNREFUSED');
    return redis.outage === 'hangs' ? new Promise(() => undefined) : answer();
  };
  const queue = {
    enqueue: async ({ id }: { id: string }) => void enqueued.push(id),
    assertCapacity: async () => {},
    findJob: () => fromRedis(() => redis.job),
    countWorkers: () => fromRedis(() => redis.workers),
  };
  const published: TaskEvent[] = [];
  const publisher = { publishEvents: async (events: readonly TaskEvent[]) => void published.push(...events), publishDelta: async () => {} };
  const signals = { announce: async () => {}, listen: async () => ({ close: () => {} }) };
  const ports: StudioPorts = {
    tasks: store,
    recovery: store,
    toolCalls: store,
    sessions: sampleSessions(),
    versions: { find: async (version) => (configVersions.has(version) ? '{}' : undefined) },
    leases: { remaining: (ids) => fromRedis(() => new Map([...redis.leases].filter(([id]) => ids.includes(id)))) },
    queue,
    queues: [
      { counts: async () => ({ name: 'agent-steps', waiting: 12, active: 3, delayed: 1, failed: 0, oldestWaitingMs: 4_200, workers: 3 }) },
    ],
    publisher,
    findRedisRefusal: () => fromRedis(() => redis.refusal),
    acceptMessage: createAcceptMessage({ store, queue, publisher, signals, clock }),
    cancelTask: createCancelTask({ store, queue, publisher, signals, clock }),
    // A worker runs this one call.
    callSignals: { cancel: async ({ callId }) => callId === 'call_5' },
    knowledge: sampleKnowledge(),
    toolsets: () => [SAMPLE_TOOLSET],
    traces: sampleTraces(),
    config: sampleConfig(),
    currentSettings: () => ({ server: serverSettings({ studio: { enabled: true, allowedRoles: ['operator'] } }) }),
    leaseMs: 1_400,
    sweep: SWEEP,
    clock,
    log: silentLogger,
    ...change,
  };
  const routes = createStudioRoutes(ports);
  const take = async (taskId: string, worker = 'w1'): Promise<TaskRecord> => {
    const outcome = await store.take(taskId, clock.now(), worker);
    if (outcome.type !== 'taken') throw new Error(`not taken: ${outcome.type}`);
    return outcome.task;
  };
  return {
    ...{ store, clock, ports, routes, redis, configVersions, enqueued, published, take },
    call: (method, path, options = {}) => callRoute(routes, method, path, options),
    accept: (sample = {}) => acceptNew(store, { at: clock.now(), ...sample }),
    async hold(taskId) {
      const { epoch } = await take(taskId);
      const outcome = await store.hold(taskId, epoch, clock.now());
      if (outcome.type !== 'held') throw new Error('not held');
      return outcome.task;
    },
    async ask(
      task,
      questions,
      calls = questions.map((data) => sampleToolCall({ callId: String(data['tool_call_id']), status: 'awaiting' })),
    ) {
      const message = { messageId: `ask-${task.step}`, role: 'ROLE_AGENT', parts: questions.map((data) => ({ data })) } as const;
      const state = 'TASK_STATE_INPUT_REQUIRED';
      const events = [{ type: 'status.changed', status: { state, message } } as const];
      const outcome = await store.commit(sampleCommit(task, state, { events, toolCalls: calls, at: clock.now() }));
      if (outcome.type !== 'committed') throw new Error('not committed');
      return outcome.task;
    },
  };
}

/** A question about one call, as agents put it. */
export function approvalRequest(callId: string, hash = `hash of ${callId}`): JsonObject {
  const shown = { tool_call_id: callId, tool_name: 'charge', arguments: { amount: 5 }, arguments_hash: hash, prompt: 'Charge 5?' };
  return { type: 'tool_approval_request', ...shown };
}

async function callRoute(
  routes: readonly StudioRoute[],
  method: string,
  target: string,
  { body, owner = 'ada' }: { readonly body?: unknown; readonly owner?: string },
): Promise<StudioResponse> {
  const [path = '', query = ''] = target.split('?');
  const given = path.split('/').map(decodeURIComponent);
  for (const route of routes.filter((candidate) => candidate.method === method)) {
    const wanted = route.pattern.split('/');
    if (wanted.length !== given.length || !wanted.every((part, index) => part.startsWith('{') || part === given[index])) continue;
    const parameters = Object.fromEntries(
      wanted.flatMap((part, index) => (part.startsWith('{') ? [[part.slice(1, -1), given[index] ?? '']] : [])),
    );
    return route.handle({ owner, caller: owner, parameters, query: new URLSearchParams(query), body, remoteAddress: '127.0.0.1' });
  }
  throw new Error(`no route for ${method} ${path}`);
}
