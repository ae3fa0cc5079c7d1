/**
 * One process of the product, put together as `src/compose.ts` does, over simulated connections. It accepts and follows as a front,
 * with `isWorker` runs steps too, with `isKeeper` the sweeps.
 */
import type { Agent } from '../../../src/agents/agent.js';
import { silentLogger as log } from '../../../src/observe/log.js';
import { type Meter, silentMetrics } from '../../../src/observe/meter.js';
import { ExpirySweep } from '../../../src/steps/expiry-sweep.js';
import { RecoverySweep } from '../../../src/steps/recovery-sweep.js';
import { RunningTasks } from '../../../src/steps/running-tasks.js';
import { RedisCancelSignals } from '../../../src/storage/redis/cancel-signals.js';
import { ChannelSubscriptions } from '../../../src/storage/redis/channel-subscriptions.js';
import { RedisFeedPublisher } from '../../../src/storage/redis/feed-publisher.js';
import { RedisFeedReceiver } from '../../../src/storage/redis/feed-receiver.js';
import { RedisLeaseManager } from '../../../src/storage/redis/lease-manager.js';
import { SqlTaskStore } from '../../../src/storage/sql/sql-task-store.js';
import { type AcceptMessage, createAcceptMessage } from '../../../src/tasks/accept-message.js';
import { type CancelTask, createCancelTask } from '../../../src/tasks/cancel-task.js';
import type { CancelSignals, FeedPublisher, FeedReceiver, LeaseManager } from '../../../src/tasks/coordination.js';
import { createLiveFeed, type LiveFeed } from '../../../src/tasks/live-feed.js';
import type { StepQueue } from '../../../src/tasks/step-queue.js';
import { BRANCHING_AGENT, branchingAgent } from './branching-agent.js';
import { LLM_AGENT, llmAgent } from './llm-agent.js';
import { RedisClient } from './redis-client.js';
import { plainAgent } from './scripted-agent.js';
import { SimulatedProcess } from './simulated-process.js';
import { stampAgent } from './stamped-agent.js';
import { createStepQueue, StepJobs } from './step-jobs.js';
import type { RunLog, World } from './world.js';

export interface ServerParts {
  readonly store: RunLog;
  readonly queue: StepQueue;
  readonly leases: LeaseManager;
  readonly publisher: FeedPublisher;
  readonly receiver: FeedReceiver;
  readonly signals: CancelSignals;
  readonly feed: LiveFeed;
  readonly acceptMessage: AcceptMessage;
  readonly cancelTask: CancelTask;
}

export interface Server {
  readonly process: SimulatedProcess;
  readonly parts: ServerParts;
  readonly configVersion: string;
  readonly clients: readonly RedisClient[];
  /** SIGTERM. */
  drain(): Promise<void>;
}

export interface StartOptions {
  readonly name: string;
  readonly isWorker: boolean;
  readonly isKeeper: boolean;
  readonly skewMs: number;
  readonly rate: number;
  readonly configVersion: string;
}

export function startServer(world: World, { name, isWorker, isKeeper, skewMs, rate, configVersion }: StartOptions): Server {
  const { scheduler, redis, mutant } = world;
  const process = new SimulatedProcess({ name, scheduler, skewMs, rate });
  const { clock } = process;
  const connect = (isImpatient: boolean) => new RedisClient({ process, server: redis, isImpatient });
  const main = connect(true);
  const subscriber = connect(true);
  const queueClient = connect(true);
  const shared = { client: main.asRedis(), keyPrefix: 'h', clock, log };

  const channels = new ChannelSubscriptions(subscriber.asRedis(), log);
  const publisher = new RedisFeedPublisher(shared);
  const receiver = new RedisFeedReceiver({ ...shared, channels });
  const signals = new RedisCancelSignals({ ...shared, channels });
  const realLeases = new RedisLeaseManager({ ...shared, leaseMs: world.settings.leaseMs });
  const leases = mutant.leases?.(realLeases) ?? realLeases;
  const view = world.database.viewOf(
    process,
    world.sqlFaults,
    world.settings.concurrentGroups,
    (fault) => world.count(fault),
    () => world.audit.afterTransaction(),
  );
  const realStore = new SqlTaskStore(view);
  const store = mutant.store?.(realStore, { publisher }) ?? realStore;
  const queue = createStepQueue(queueClient, redis.jobs);
  const parts: ServerParts = {
    store,
    queue,
    leases,
    publisher,
    receiver,
    signals,
    feed: createLiveFeed({ store, receiver, clock, log }),
    acceptMessage: createAcceptMessage({ store, queue, publisher, signals, clock }),
    cancelTask: createCancelTask({ store, queue, publisher, signals, clock }),
  };
  const clients = [main, subscriber, queueClient];
  if (!isWorker) return { process, parts, configVersion, clients, drain: async () => process.kill() };

  const counted: Readonly<Record<string, string>> = {
    takeovers_total: 'takeovers',
    fenced_commits_total: 'fenced-commits',
    runs_held_total: 'runs-held',
    runs_expired_total: 'runs-expired',
  };
  const metrics: Meter = {
    ...silentMetrics,
    count(name) {
      const what = counted[name];
      if (what !== undefined) world.count(what);
    },
  };
  const running = new RunningTasks();
  void listenForCancels(parts.signals, running, process);
  const workerClient = connect(false);
  const blockingClient = connect(false);
  const jobs = new StepJobs({
    process,
    client: workerClient,
    blockingClient,
    concurrency: world.settings.concurrency,
    dependencies: {
      store,
      leases,
      publisher,
      queue,
      running,
      getAgent: async (version, agent): Promise<Agent> =>
        stampAgent(AGENTS.get(agent) ?? plainAgent, version, {
          ...{ process, outside: world.outside, waitExpiresAfterMs: world.settings.waitExpiresAfterMs },
        }),
      metrics,
      worker: name,
      checkpoint: world.settings.checkpoint,
      clock,
      log,
      timeSliceMs: world.settings.timeSliceMs,
    },
  });
  const sweep = !isKeeper || mutant.withoutSweep ? undefined : new RecoverySweep({ store, leases, queue, clock, log });
  const expiry = !isKeeper ? undefined : new ExpirySweep({ store, leases, publisher, queue, clock, log, metrics });
  return {
    process,
    parts,
    configVersion,
    clients: [...clients, workerClient, blockingClient],
    async drain() {
      await Promise.all([jobs.drain(), sweep?.close(), expiry?.close()]);
      await leases.close();
      process.kill();
    },
  };
}

const AGENTS = new Map<string, Agent>([
  [LLM_AGENT, llmAgent],
  [BRANCHING_AGENT, branchingAgent],
]);

/** A process that cannot listen does not start; here it tries until it can. */
async function listenForCancels(signals: CancelSignals, running: RunningTasks, process: SimulatedProcess): Promise<void> {
  for (;;) {
    try {
      await signals.listen((taskId) => running.cancel(taskId));
      return;
    } catch {
      await process.clock.sleep(500);
    }
  }
}
