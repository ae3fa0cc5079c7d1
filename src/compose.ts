/**
 * Puts the parts together: the only file that sees every folder (ARCHITECTURE §12).
 *
 * Order of start: stores, coordination, runtime, workers, and the front last; it says no earlier than it can keep.
 * `close()` goes the other way: the front drains while workers still finish what it waits for.
 */
import { createAgentCards } from './a2a/agent-cards.js';
import { createA2aBinding } from './a2a/create-binding.js';
import { createOperations } from './a2a/operations.js';
import { createDeliverPush } from './a2a/push/deliver-push.js';
import { createPushSecrets } from './a2a/push/push-secrets.js';
import { type CardBinding, grpcBinding, JSON_RPC_BINDING, REST_BINDING } from './a2a/supported-interfaces.js';
import { limitByAddress } from './access/address-limits.js';
import { createAuthenticator } from './access/authenticate.js';
import { behindProxy } from './access/behind-proxy.js';
import { findCertificates } from './access/certificates.js';
import { describeLogin } from './access/describe-login.js';
import { createGuardedPost } from './access/guarded-post.js';
import { observeAuthentication } from './access/observe-authentication.js';
import { createOutboundGuard } from './access/outbound-guard.js';
import { createRateLimits } from './access/rate-limits.js';
import { StreamQuota } from './access/stream-quota.js';
import { createForwardCancel } from './agents/remote/forward-cancel.js';
import { type Clock, systemClock } from './base/clock.js';
import { Closers } from './base/closers.js';
import { readVersion } from './base/version.js';
import type { Settings } from './config/settings.js';
import { findGrpcFront } from './grpc/find-grpc-front.js';
import { startFront } from './http/front.js';
import { findSideFront } from './http/side-front.js';
import { findSessionArtifact, readArtifactsOf } from './memory/artifacts/session-artifacts.js';
import { createMemoryParts, createSearch, followIndexer, rebuildMemory } from './memory/recall/create-memory.js';
import type { RecallIndexer } from './memory/recall/indexer.js';
import type { Logger } from './observe/log.js';
import { createTrimEmbeddings } from './providers/embedders/trim-embeddings.js';
import type { ConfigReloader } from './runtime/config-reloader.js';
import { createReloader } from './runtime/create-reloader.js';
import type { CurrentKnowledge } from './runtime/current-knowledge.js';
import { drainBudgetMs, drainDelayMs } from './runtime/drain-budget.js';
import type { Extensions } from './runtime/extensions.js';
import type { Hector, Role, StartOptions } from './runtime/hector.js';
import { ingestStores } from './runtime/ingest-stores.js';
import { openKnowledge } from './runtime/open-knowledge.js';
import { withOwnQueue } from './runtime/own-queue.js';
import { createReadiness } from './runtime/readiness.js';
import { Runtime } from './runtime/runtime.js';
import { type Observing, startObserving } from './runtime/start-observing.js';
import { describeRefusal, findDatabaseReason } from './runtime/store-health.js';
import { ToolsetPool } from './runtime/toolset-pool.js';
import type { BullIngestQueue } from './steps/ingest-queue.js';
import { Keeper } from './steps/keeper.js';
import { KeeperDuty } from './steps/keeper-duty.js';
import { openIngestQueue } from './steps/open-ingest-queue.js';
import { BullPushQueue } from './steps/push-queue.js';
import { PushSweep } from './steps/push-sweep.js';
import { PushWorker } from './steps/push-worker.js';
import type { QueueConnection } from './steps/queue-names.js';
import { RECOVERY_SWEEP } from './steps/recovery-sweep.js';
import { RunningTasks } from './steps/running-tasks.js';
import { startStepWorker } from './steps/start-step-worker.js';
import { BullStepQueue } from './steps/step-queue.js';
import type { StepWorker } from './steps/step-worker.js';
import { watchRuns } from './steps/watch-runs.js';
import { workerConnections } from './steps/worker-connections.js';
import { openCoordination as openRedisCoordination } from './storage/redis/open-coordination.js';
import { findEviction, findWriteRefusal } from './storage/redis/redis-safety.js';
import { openStores, type Stores } from './storage/sql/open-stores.js';
import { createOpenSqlReader } from './storage/sql/readers/open-sql-reader.js';
import { createApprovalWebhook } from './studio/approvals/approval-webhook.js';
import { liveKnowledgePort } from './studio/knowledge-port.js';
import { createStudioRoutes } from './studio/studio-routes.js';
import { createAcceptMessage } from './tasks/accept-message.js';
import { auditAccept, auditCancel } from './tasks/audit-acts.js';
import { createCancelTask } from './tasks/cancel-task.js';
import { createLiveFeed } from './tasks/live-feed.js';
import { withOwnFeed } from './tasks/own-feed.js';
import { type PushMark, PushMarks, type PushSignals, withPushMarks } from './tasks/push-marks.js';
import { openPools } from './threads/open-pools.js';

export type { Hector } from './runtime/hector.js';
export { inspectStores } from './storage/inspect-stores.js';

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
  { roles, log, extensions = {}, ownKey, config, watches = false, clock = systemClock }: ComposeOptions,
  closers: Closers,
): Promise<Hector> {
  const observing = await startObserving({ settings, log, clock, closers });
  const parts: Parts = { settings: withOwnQueue(settings, clock), roles, log, clock, closers, ownKey, ...observing };
  const stores = await openStores(parts);
  const coordination = await openCoordination(parts);
  const pools = openPools(parts);
  const embedding = { textThreads: pools.text, pace: coordination.pace, store: stores.embeddings, clock, log };
  const toolsets = new ToolsetPool({ clock, log });
  closers.add(() => toolsets.close());
  const memory = createMemoryParts({ ...parts, store: stores.recall, embedding });
  const ingestQueue = openIngestQueue(parts, coordination.connections);
  const { knowledge, holdRetriever } = openKnowledge({
    ...parts,
    ...stores,
    queue: ingestQueue,
    leases: coordination.leases,
    pools,
    embedding,
    openReader: createOpenSqlReader(clock),
    toolsets,
  });
  const runtime = await Runtime.start({
    settings,
    versions: stores.versions,
    ...(config === undefined ? {} : { readSource: (source: string) => config.readSource(source) }),
    holdRetriever,
    createMemory: (other) => createSearch(other, memory),
    findSessionArtifact: (taskId, name) => findSessionArtifact(stores.sessions, taskId, name),
    readSessionArtifacts: (taskId) => readArtifactsOf(stores.sessions, taskId),
    toolsets,
    extensions,
    clock,
    log,
    observer: parts,
  });
  if (roles.has('agent')) toolsets.connect();
  const worker = roles.has('agent') ? await startWorker(parts, stores, coordination, runtime) : undefined;
  const indexer = followIndexer(() => runtime.current.settings, memory);
  const keeper = roles.has('keeper') ? startKeeper(parts, stores, coordination, indexer) : undefined;
  // Together: what the keeper still has under way must not use up the worker's budget.
  closers.add(async () => void (await Promise.all([keeper?.close(), worker?.close(drainBudgetMs(settings))])));
  if (roles.has('keeper')) startPush(parts, stores, coordination);
  await knowledge.start();
  const reloader = createReloader({ ...parts, config, watches, runtime, knowledge, toolsets, isAgent: roles.has('agent') });
  closers.add(() => reloader?.close());
  const front = roles.has('front')
    ? await startFrontRole(parts, stores, coordination, runtime, { toolsets, knowledge, reloader, ingestQueue, worker })
    : undefined;
  const readiness = front?.readiness ?? createReadiness(storeChecks(coordination, parts, stores).checks, clock, log);
  const side = await findSideFront({ ...parts, readiness });
  if (roles.has('keeper')) startApprovals(parts, stores, coordination, front?.url);
  return {
    settings,
    url: front?.url ?? '',
    grpcPort: front?.grpcPort,
    metricsPort: side?.port,
    rebuildMemory: (signal) => rebuildMemory(settings, memory, signal),
    ingest: (names, onProgress, signal, mode) => ingestStores(knowledge.knowledge.ingester, { stores: names, mode }, onProgress, signal),
    planIngest: (...request) => knowledge.knowledge.ingester.plan(...request),
    listIngestRuns: (limit) => stores.ingestRuns.list({ store: undefined, before: '', limit }),
    reload: async () => reloader?.reload('signal'),
    close: () => closers.close(),
  };
}

interface Parts extends Observing {
  readonly settings: Settings;
  readonly roles: ReadonlySet<Role>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly closers: Closers;
  readonly ownKey: string | undefined;
}

type Coordination = Awaited<ReturnType<typeof openCoordination>>;

/** What processes meet through, and the queues of steps and deliveries. */
async function openCoordination(parts: Parts) {
  const { settings, log, clock, closers } = parts;
  const { pushSignals, ...redis } = await openRedisCoordination(parts);
  const queue = new BullStepQueue({
    connection: redis.connections.forQueue(),
    prefix: settings.redis.keyPrefix,
    maxWaiting: settings.queue.maxWaiting,
    clock,
    log,
  });
  closers.add(() => queue.close());
  const push = settings.server.a2a.push.enabled ? await openPush(parts, redis.connections.forQueue(), pushSignals) : undefined;
  const ports = { ...redis, publisher: withPushMarks(redis.publisher, push?.marks), running: new RunningTasks() };
  return { ...ports, queue, push, ...withOwnFeed(ports, parts) };
}

/** What every process has of push notifications: it notes news for webhooks, and tells others of those it registers. */
async function openPush({ settings, log, closers }: Parts, connection: QueueConnection['connection'], signals: PushSignals) {
  const { allowPrivate, encryptionKey } = settings.server.a2a.push;
  const queue = new BullPushQueue({ connection, prefix: settings.redis.keyPrefix, log });
  closers.add(() => queue.close());
  const marks = new PushMarks(queue);
  const listening = await signals.listen((mark) => marks.watch(mark));
  closers.add(() => listening.close());
  const guard = createOutboundGuard({ allowPrivate, keyPath: 'server.a2a.push.allow_private' });
  const announce = (mark: PushMark) => void signals.announce(mark).then(() => queue.enqueue(mark.key, true));
  return { queue, marks, signals, guard, secrets: createPushSecrets(encryptionKey), announce };
}

function startWorker(parts: Parts, stores: Stores, { connections, ...coordination }: Coordination, runtime: Runtime): Promise<StepWorker> {
  return startStepWorker({
    ...parts,
    ...coordination,
    store: stores.tasks,
    limits: createRateLimits(parts, stores, coordination, runtime),
    ...workerConnections(connections),
    getAgent: (version, name, turn) => runtime.getAgent(version, name, turn),
    drainMs: drainBudgetMs(parts.settings),
  });
}

function startKeeper(
  { settings, ...shared }: Parts,
  { tasks: store, sessions: sessionUpkeep, sessionTransfer, embeddings }: Stores,
  { leases, queue, publisher }: Coordination,
  indexer: Pick<RecallIndexer, 'round'>,
): Keeper {
  const { retention } = settings.storage;
  const moveSessions = sessionTransfer === undefined ? undefined : (signal: AbortSignal) => sessionTransfer.tick(signal);
  const trimEmbeddings = createTrimEmbeddings({ embedders: settings.embedders, store: embeddings, clock: shared.clock });
  return new Keeper({ store, sessionUpkeep, indexer, retention, leases, queue, publisher, moveSessions, trimEmbeddings, ...shared });
}

/** Deliveries to webhooks, and the duty that finds those which nobody noted. */
function startPush({ settings, closers, clock, log, metrics }: Parts, stores: Stores, { push, leases, connections }: Coordination): void {
  if (push === undefined) return;
  const { push: pushSettings } = settings.server.a2a;
  const { guard, secrets, queue, signals } = push;
  const post = createGuardedPost({ guard, clock, timeoutMs: pushSettings.timeoutMs });
  const { tasks: store, pushConfigs: configs } = stores;
  const worker = new PushWorker({
    connection: connections.forWorker(),
    prefix: settings.redis.keyPrefix,
    concurrency: pushSettings.concurrency,
    deliver: createDeliverPush({ store, configs, post, secrets, settings: pushSettings, clock, log, metrics }),
    ...{ leases, clock, log },
  });
  closers.add(() => worker.close());
  const sweep = new PushSweep({ store: configs, queue, signals, leases, clock, log });
  closers.add(() => sweep.close());
}

/** What a load balancer or an orchestrator asks of any process. */
function storeChecks({ connections }: Coordination, { settings }: Parts, { tasks }: Stores) {
  const findRedisRefusal = () => findWriteRefusal(connections.main, settings.redis.keyPrefix);
  return {
    findRedisRefusal,
    checks: [
      { name: 'Redis', findReason: () => findEviction(connections.main) },
      { name: 'Redis', findReason: async () => describeRefusal(await findRedisRefusal()) },
      { name: 'the database', findReason: () => findDatabaseReason(tasks) },
    ],
  };
}

/** A webhook that is told what waits for an approval (CFG-85). */
function startApprovals(
  { settings, closers, clock, log }: Parts,
  { tasks }: Stores,
  { approvalMarks: marks, leases, queue, publisher, signals }: Coordination,
  frontUrl: string | undefined,
): void {
  const { approval, publicUrl } = settings.server;
  if (approval.webhookUrl === '') return;
  const webhook = createApprovalWebhook({
    ...{ tasks, toolCalls: tasks, recovery: tasks, marks, leases, clock, log },
    acceptMessage: createAcceptMessage({ store: tasks, queue, publisher, signals, clock }),
    settings: approval,
    baseUrl: publicUrl === '' ? (frontUrl ?? '') : publicUrl,
  });
  closers.add(() => webhook.close());
  const duty = new KeeperDuty({ name: 'approvals', periodMs: 1_000, leases, clock, log, round: (signal) => webhook.round(signal) });
  closers.add(() => duty.close());
}

interface FrontParts {
  readonly toolsets: ToolsetPool;
  readonly knowledge: CurrentKnowledge;
  readonly reloader: ConfigReloader | undefined;
  readonly ingestQueue: BullIngestQueue;
  readonly worker: StepWorker | undefined;
}

async function startFrontRole(
  parts: Parts,
  stores: Stores,
  coordination: Coordination,
  runtime: Runtime,
  { toolsets, knowledge, reloader, ingestQueue, worker }: FrontParts,
): Promise<Pick<Hector, 'url' | 'grpcPort'> & { readonly readiness: ReturnType<typeof createReadiness> }> {
  const { settings, log, clock, closers, ownKey, metrics, audit, traces } = parts;
  const { leases, receiver, publisher, running, queue, push, signals, callSignals, progress } = coordination;
  const store = stores.tasks;
  const version = readVersion();
  const feed = createLiveFeed({ store, receiver, running, clock, log });
  closers.add(() => feed.close());
  const limits = createRateLimits(parts, stores, coordination, runtime);
  const accepting = { ...coordination, store, clock, metrics, admission: limits, starter: worker?.ownRuns };
  const acceptMessage = auditAccept(createAcceptMessage(accepting), audit);
  const onCanceled = createForwardCancel({ store, findPeer: (version, name) => runtime.findPeer(version, name), log });
  const cancelTask = auditCancel(createCancelTask({ store, queue, publisher, signals, clock, onCanceled, metrics }), audit);
  const currentSettings = () => runtime.current.settings;
  const gate = createAuthenticator({ settings: () => currentSettings().server.auth, ownKey, clock, log, audit });
  closers.add(async () => gate.close());
  const limited = limitByAddress(gate.authenticate, { ...parts, settings: settings.server, windows: coordination.rateWindows });
  const authenticate = behindProxy(observeAuthentication(limited, parts), settings.server.trustProxy);
  const certificates = await findCertificates(settings.server.tls, parts);
  const bindings: CardBinding[] = [JSON_RPC_BINDING, REST_BINDING];
  const cards = createAgentCards({ settings: currentSettings, version, bindings: () => bindings, hasPush: push !== undefined, clock });
  const quota = new StreamQuota(settings.server.limits.maxStreamsPerCaller);
  const operationPorts = {
    ...{ settings: currentSettings, store, acceptMessage, cancelTask, feed, cards, quota, limits, log, clock, observer: parts },
    ...(push === undefined ? {} : { push: { ...push, store: stores.pushConfigs } }),
  };
  // Known once HTTP listens, right after gRPC.
  let baseUrl = settings.server.publicUrl;
  const grpc = await findGrpcFront({
    ...operationPorts,
    operations: createOperations(operationPorts),
    server: settings.server,
    baseUrl: () => baseUrl,
    ...{ authenticate, certificates },
  });
  closers.add(() => grpc?.close());
  if (grpc !== undefined) bindings.push(grpcBinding(grpc.port, () => currentSettings().server.grpcPublicAddress));
  const binding = createA2aBinding(operationPorts);
  const { stallAfterMs } = settings.queue;
  const runChecks = watchRuns({
    store,
    sessions: stores.sessions,
    queue,
    leases,
    progress,
    stallAfterMs,
    ...{ metrics, clock, log, closers },
  });
  const { checks, findRedisRefusal } = storeChecks(coordination, parts, stores);
  const readiness = createReadiness([...checks, ...runChecks], clock, log);
  const studio = createStudioRoutes({
    ...{
      tasks: store,
      recovery: store,
      toolCalls: store,
      sessions: stores.sessions,
      versions: stores.versions,
      leases,
      queue,
      publisher,
      acceptMessage,
      cancelTask,
      callSignals,
    },
    ...{ leaseMs: settings.queue.leaseMs, sweep: RECOVERY_SWEEP, findRedisRefusal, clock, log },
    toolsets: () => toolsets.health(),
    traces,
    knowledge: liveKnowledgePort(() => ({ ...knowledge.knowledge, retriever: runtime.current.retriever }), stores),
    queues: [queue, ingestQueue, ...(push === undefined ? [] : [push.queue])],
    ...{ config: reloader, currentSettings },
  });
  const front = await startFront({
    settings: settings.server,
    ...{ binding, authenticate, readiness, log, clock, version, studio, certificates },
    cors: () => currentSettings().server.cors,
    operatorRoles: () => currentSettings().server.studio.allowedRoles,
    describeLogin: () => describeLogin(currentSettings().server),
    ...{ audit, meter: metrics, metrics: parts.publicMetrics },
  });
  baseUrl = front.url;
  const budgetMs = drainBudgetMs(settings);
  const delayMs = drainDelayMs(settings);
  // Together: the first turns readiness off for both.
  const drainGrpc = async () => {
    if (grpc === undefined) return;
    await clock.sleep(delayMs);
    await grpc.drain(budgetMs);
  };
  closers.add(async () => void (await Promise.all([front.drain(budgetMs, delayMs), drainGrpc()])));
  return { url: front.url, grpcPort: grpc?.port, readiness };
}
