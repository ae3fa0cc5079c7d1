/**
 * Puts the parts together: the only file that sees every folder (ARCHITECTURE §12).
 *
 * Order of start: stores, coordination, runtime, workers, and the front last; it says no earlier than it can keep.
 * `close()` goes the other way: the front drains while workers still finish what it waits for.
 */
import { createA2aBinding } from './a2a/create-binding.js';
import { authenticate } from './access/authenticate.js';
import { type Clock, systemClock } from './base/clock.js';
import { Closers } from './base/closers.js';
import { newId } from './base/ids.js';
import { readVersion } from './base/version.js';
import type { Settings } from './config/settings.js';
import { type Front, startFront } from './http/front.js';
import type { Logger } from './observe/log.js';
import { createMetrics, type Metrics } from './observe/metrics.js';
import type { Extensions } from './runtime/extensions.js';
import type { Hector, Role, StartOptions } from './runtime/hector.js';
import { ingestInBackground, ingestStores } from './runtime/ingest-stores.js';
import { KnowledgePool } from './runtime/knowledge-pool.js';
import { createReadiness } from './runtime/readiness.js';
import { Runtime } from './runtime/runtime.js';
import { Keeper } from './steps/keeper.js';
import { findStall, readQueue } from './steps/queue-health.js';
import { RECOVERY_SWEEP } from './steps/recovery-sweep.js';
import type { RunTaskDependencies } from './steps/run-task-dependencies.js';
import { RunningTasks } from './steps/running-tasks.js';
import { BullStepQueue } from './steps/step-queue.js';
import { StepWorker } from './steps/step-worker.js';
import { RedisCancelSignals } from './storage/redis/cancel-signals.js';
import { ChannelSubscriptions } from './storage/redis/channel-subscriptions.js';
import { connectRedis } from './storage/redis/connect.js';
import { startEmbeddedRedis } from './storage/redis/embedded-redis.js';
import { RedisFeedPublisher } from './storage/redis/feed-publisher.js';
import { RedisFeedReceiver } from './storage/redis/feed-receiver.js';
import { RedisLeaseManager } from './storage/redis/lease-manager.js';
import { RedisProgressMarks } from './storage/redis/progress-marks.js';
import { findEviction } from './storage/redis/redis-safety.js';
import { openStores, type Stores } from './storage/sql/open-stores.js';
import { createStudioRoutes } from './studio/studio-routes.js';
import { createAcceptMessage } from './tasks/accept-message.js';
import { createCancelTask } from './tasks/cancel-task.js';
import { createLiveFeed } from './tasks/live-feed.js';
import { createThreadPools } from './threads/pools.js';

export type { Hector } from './runtime/hector.js';

export interface ComposeOptions extends StartOptions {
  readonly extensions?: Extensions;
  readonly clock?: Clock;
}

/** @throws AppError that names what is missing and how to supply it; nothing is left running then. */
export async function startHector(settings: Settings, options: ComposeOptions): Promise<Hector> {
  const closers = new Closers((error) => options.log.warn({ err: error }, 'something did not close cleanly'));
  try {
    return await start(settings, options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function start(
  settings: Settings,
  { roles, log, extensions = {}, clock = systemClock }: ComposeOptions,
  closers: Closers,
): Promise<Hector> {
  const parts: Parts = { settings: withOwnQueue(settings, clock), roles, log, clock, closers, metrics: createMetrics() };
  const stores = await openStores(parts);
  const coordination = await openCoordination(parts);
  const knowledgePool = new KnowledgePool({
    chunkStore: stores.chunkStore,
    pools: createPools(parts),
    followsOwnIngest: roles.has('agent'),
    clock,
    log,
  });
  closers.add(() => knowledgePool.close());
  const knowledge = knowledgePool.get(settings);
  const runtime = await Runtime.start({
    settings,
    versions: stores.versions,
    createRetriever: (other) => knowledgePool.get(other).retriever,
    extensions,
    clock,
    log,
  });
  const worker = roles.has('agent') ? await startStepWorker(parts, stores, coordination, runtime) : undefined;
  const keeper = roles.has('keeper') ? startKeeper(parts, stores, coordination) : undefined;
  // Together: what the keeper still has under way must not use up the worker's budget.
  closers.add(async () => void (await Promise.all([keeper?.close(), worker?.close(drainBudgetMs(settings))])));
  if (roles.has('ingest') && Object.keys(settings.documentStores).length > 0) closers.add(ingestInBackground(knowledge, log));
  const front = roles.has('front') ? await startFrontRole(parts, stores, coordination, runtime) : undefined;
  return {
    settings,
    url: front?.url ?? '',
    ingest: (names, onProgress, signal) => ingestStores(knowledge, names, onProgress, signal),
    close: () => closers.close(),
  };
}

interface Parts {
  readonly settings: Settings;
  readonly roles: ReadonlySet<Role>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly closers: Closers;
  readonly metrics: Metrics;
}

type Coordination = Awaited<ReturnType<typeof openCoordination>>;

/** Jobs for tasks that only this process knows are of no use to another one on the same Redis. */
function withOwnQueue(settings: Settings, clock: Clock): Settings {
  if (settings.storage.tasks.backend === 'sql') return settings;
  return { ...settings, redis: { ...settings.redis, keyPrefix: `${settings.redis.keyPrefix}.${newId(clock.now())}` } };
}

async function openCoordination({ settings, roles, log, clock, closers }: Parts) {
  const { keyPrefix } = settings.redis;
  const url = settings.redis.url === '' ? await joinEmbeddedRedis(settings, log, clock, closers) : settings.redis.url;
  const connections = await connectRedis({ url, role: [...roles].join('-'), log, clock });
  closers.add(() => connections.close());
  const client = connections.main;
  const channels = new ChannelSubscriptions(connections.subscriber, log);
  closers.add(() => channels.close());
  const leases = new RedisLeaseManager({ client, keyPrefix, leaseMs: settings.queue.leaseMs, clock, log });
  closers.add(() => leases.close());
  const publisher = new RedisFeedPublisher({ client, keyPrefix, clock, log });
  closers.add(() => publisher.close());
  const queue = new BullStepQueue({
    connection: connections.forQueue(),
    prefix: keyPrefix,
    maxWaiting: settings.queue.maxWaiting,
    clock,
    log,
  });
  closers.add(() => queue.close());
  return {
    connections,
    leases,
    publisher,
    queue,
    progress: new RedisProgressMarks({ client, keyPrefix, clock, log }),
    receiver: new RedisFeedReceiver({ client, channels, keyPrefix, log }),
    signals: new RedisCancelSignals({ client, channels, keyPrefix, log }),
  };
}

async function joinEmbeddedRedis(settings: Settings, log: Logger, clock: Clock, closers: Closers): Promise<string> {
  const redis = await startEmbeddedRedis({ directory: settings.stateDirectory, binary: settings.redis.binary, log, clock });
  closers.add(() => redis.close());
  return `unix://${redis.socketPath}`;
}

function createPools({ log, closers }: Parts) {
  const pools = createThreadPools({ log });
  closers.add(() => pools.close());
  return pools;
}

async function startStepWorker(
  { settings, log, clock, closers, metrics }: Parts,
  stores: Stores,
  coordination: Coordination,
  runtime: Runtime,
): Promise<StepWorker> {
  const { leases, publisher, queue, signals, connections, progress } = coordination;
  const running = new RunningTasks();
  const listening = await signals.listen((taskId) => running.cancel(taskId));
  closers.add(() => listening.close());
  const dependencies: RunTaskDependencies = {
    store: stores.tasks,
    leases,
    publisher,
    queue,
    running,
    getAgent: (version, name) => runtime.getAgent(version, name),
    clock,
    log,
    metrics,
    worker: newId(),
    timeSliceMs: settings.queue.timeSliceMs,
    checkpoint: settings.storage.checkpoint,
  };
  const worker = new StepWorker({
    connect: () => connections.forWorker(),
    disconnect: (connection) => connections.drop(connection as ReturnType<typeof connections.forWorker>),
    prefix: settings.redis.keyPrefix,
    concurrency: settings.queue.concurrency,
    stallAfterMs: settings.queue.stallAfterMs,
    nextWaitingMs: () => queue.nextWaitingMs(),
    progress,
    dependencies,
  });
  closers.add(() => worker.close(drainBudgetMs(settings)));
  await worker.ready();
  return worker;
}

function startKeeper(
  { settings, ...shared }: Parts,
  { tasks: store, sessionTransfer }: Stores,
  { leases, queue, publisher }: Coordination,
): Keeper {
  const { retention } = settings.storage;
  const moveSessions = sessionTransfer === undefined ? undefined : (signal: AbortSignal) => sessionTransfer.tick(signal);
  return new Keeper({ store, retention, leases, queue, publisher, moveSessions, ...shared });
}

async function startFrontRole(
  { settings, log, clock, closers, metrics }: Parts,
  stores: Stores,
  coordination: Coordination,
  runtime: Runtime,
): Promise<Front> {
  const { leases, receiver, publisher, queue, signals, connections, progress } = coordination;
  const store = stores.tasks;
  const version = readVersion();
  const feed = createLiveFeed({ store, receiver, clock, log });
  closers.add(() => feed.close());
  const acceptMessage = createAcceptMessage({ store, queue, publisher, signals, clock });
  const cancelTask = createCancelTask({ store, queue, publisher, signals, clock });
  const binding = createA2aBinding({
    settings: () => runtime.current.settings,
    store,
    acceptMessage,
    cancelTask,
    feed,
    log,
    clock,
    version,
  });
  const health = { queue, progress, stallAfterMs: settings.queue.stallAfterMs };
  metrics.watchQueue(() => readQueue(health));
  const readiness = createReadiness(
    [
      { name: 'Redis', findReason: () => findEviction(connections.main) },
      { name: 'the database', findReason: async () => void (await store.find('readiness', undefined)) },
      { name: 'the queue of steps', findReason: () => findStall(health) },
    ],
    clock,
    log,
  );
  const studio = createStudioRoutes({
    ...{ tasks: store, recovery: store, toolCalls: store, versions: stores.versions, leases, queue, acceptMessage, cancelTask },
    ...{ leaseMs: settings.queue.leaseMs, sweep: RECOVERY_SWEEP, clock, log },
  });
  const { enabled, endpoint } = settings.observability.metrics;
  const front = await startFront({
    settings: settings.server,
    binding,
    authenticate,
    readiness,
    metrics: enabled ? { path: endpoint, render: () => metrics.render() } : undefined,
    log,
    clock,
    version,
    studio,
  });
  closers.add(() => front.drain(drainBudgetMs(settings)));
  return front;
}

/** The front drains before the worker does, since the worker finishes what the front waits for; what is left closes the stores. */
function drainBudgetMs(settings: Settings): number {
  return settings.server.shutdownTimeoutMs * 0.45;
}
