/** Step workers, and a keeper if wanted, over a Redis and a SQLite of the test's own; what a step does is up to the test. */
import type { Test } from 'tap';
import type { Agent, StepContext, StepOutcome, StepState } from '../../src/agents/agent.js';
import { systemClock } from '../../src/base/clock.js';
import { newId } from '../../src/base/ids.js';
import type { CheckpointSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { createMetrics } from '../../src/observe/metrics.js';
import { Keeper } from '../../src/steps/keeper.js';
import { RunningTasks } from '../../src/steps/running-tasks.js';
import { BullStepQueue } from '../../src/steps/step-queue.js';
import { StepWorker, type StepWorkerOptions } from '../../src/steps/step-worker.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { createAcceptMessage } from '../../src/tasks/accept-message.js';
import { createCancelTask } from '../../src/tasks/cancel-task.js';
import type { RunStarter } from '../../src/tasks/run-starter.js';
import type { TaskRecord, TaskStore } from '../../src/tasks/task-store.js';
import { waitFor } from './coordination-steps.js';
import { startRedisProcess } from './redis-process.js';
import { createSqlite } from './temp-database.js';
import { startTempRedis } from './temp-redis.js';
import { storageSettings } from './test-settings.js';

/** Whose tasks all of them are. */
export const OWNER = 'somebody';

/** The store with another `take`. */
function withTake(store: SqlTaskStore, take: TaskStore['take']): SqlTaskStore {
  return new Proxy(store, {
    get(target, key) {
      const value: unknown = key === 'take' ? take : Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export type RunStep = (state: StepState, context: StepContext) => Promise<StepOutcome>;

interface WorkerOptions {
  readonly concurrency?: number;
  readonly timeSliceMs?: number;
  readonly take?: TaskStore['take'];
  readonly checkpoint?: Partial<CheckpointSettings>;
  readonly stallAfterMs?: number;
  readonly connect?: StepWorkerOptions['connect'];
  readonly disconnect?: StepWorkerOptions['disconnect'];
}

/** A door, a queue and workers of one process. Workers close with the test. */
export async function startStepRig(t: Test) {
  const [redis, temp] = await Promise.all([startTempRedis(t), createSqlite(t)]);
  const store = new SqlTaskStore(await temp.open());
  const agents = new Map<string, RunStep>();
  const shared = { clock: systemClock, log: silentLogger };
  const {
    connections,
    publisher,
    leases,
    cancels: signals,
    progress,
    receiver,
  } = await startRedisProcess(t, redis.url, { leaseMs: 1_400 });
  const metrics = createMetrics();
  const queue = new BullStepQueue({ connection: connections.forQueue(), prefix: 'test', maxWaiting: 1_000, ...shared });
  t.teardown(() => queue.close());
  /** The worker of this process that begins runs itself, once a test says so. */
  let starter: RunStarter | undefined;
  const acceptMessage = createAcceptMessage({
    ...{ store, queue, publisher, signals, clock: systemClock },
    starter: { reserve: (taskId) => starter?.reserve(taskId) },
  });
  let sent = 0;
  return {
    redis,
    redisClient: connections.main,
    leases,
    agents,
    store,
    queue,
    receiver,
    progress,
    metrics,
    cancel: createCancelTask({ store, queue, publisher, signals, clock: systemClock }),
    accept: (agent: string, contextId?: string) => {
      sent += 1;
      return acceptMessage({
        agent,
        owner: OWNER,
        tenant: '',
        configVersion: '0',
        message: { messageId: `${sent}`, role: 'ROLE_USER', parts: [{ text: 'Go' }], ...(contextId === undefined ? {} : { contextId }) },
      });
    },
    answer: ({ id, agent, contextId }: TaskRecord, text: string) => {
      sent += 1;
      const message = { messageId: `${sent}`, taskId: id, contextId, role: 'ROLE_USER', parts: [{ text }] } as const;
      return acceptMessage({ agent, owner: OWNER, tenant: '', configVersion: '0', message });
    },
    beginsRuns(worker: StepWorker | undefined): void {
      starter = worker?.ownRuns;
    },
    async untilEnded({ id }: Pick<TaskRecord, 'id'>): Promise<TaskRecord> {
      let record: TaskRecord | undefined;
      await waitFor(async () => {
        record = await store.find(id, OWNER);
        return /COMPLETED|FAILED|CANCELED/.test(record?.state ?? '');
      }, 30_000);
      return record as TaskRecord;
    },
    startKeeper(): Keeper {
      const retention = storageSettings().retention;
      const keeper = new Keeper({ store, retention, leases, queue, publisher, metrics, moveSessions: undefined, ...shared });
      t.teardown(() => keeper.close());
      return keeper;
    },
    async startWorker(options: WorkerOptions = {}): Promise<StepWorker> {
      const running = new RunningTasks();
      const listening = await signals.listen((taskId) => running.cancel(taskId));
      t.teardown(() => listening.close());
      const worker = new StepWorker({
        connect: options.connect ?? (() => connections.forWorker()),
        disconnect: options.disconnect ?? (async () => {}),
        prefix: 'test',
        concurrency: options.concurrency ?? 8,
        stallAfterMs: options.stallAfterMs ?? 30_000,
        nextWaitingMs: () => queue.nextWaitingMs(),
        progress,
        dependencies: {
          store: options.take === undefined ? store : withTake(store, options.take),
          leases,
          publisher,
          queue,
          running,
          getAgent: async (_, name): Promise<Agent> => ({ name, runStep: agents.get(name) as RunStep }),
          metrics,
          worker: newId(),
          timeSliceMs: options.timeSliceMs ?? 1_000,
          checkpoint: { ...storageSettings().checkpoint, ...options.checkpoint },
          ...shared,
        },
      });
      t.teardown(() => worker.close(0));
      await worker.ready();
      return worker;
    },
  };
}
