/**
 * One turn of one webhook: what its task's log holds behind its place is posted, in order, each before the next.
 *
 * Does not own: who has a turn (the queue), nor that there is one at a time (the lease in `steps/push-worker.ts`).
 * - D1 A place moves on only after the webhook took the event (P9: at least once), and only from where this turn read it: a
 *   deliverer that was overtaken, deleted or replaced stops at its next record.
 * - D2 The first delivery is the Task, so that a webhook that came late knows all that later events build on.
 */
import type { GuardedPost } from '../../access/guarded-post.js';
import { backoffMs } from '../../base/backoff.js';
import type { Clock } from '../../base/clock.js';
import { describeError, hasCode } from '../../base/errors.js';
import { faultPoint } from '../../base/fault-points.js';
import type { PushSettings } from '../../config/settings.js';
import type { Logger } from '../../observe/log.js';
import { measured } from '../../observe/measured.js';
import { type Meter, silentMetrics } from '../../observe/meter.js';
import { traceHeaders, withSpan } from '../../observe/trace.js';
import type { StreamResponse, TaskState } from '../../protocol/a2a.js';
import { isTerminal } from '../../protocol/task-state.js';
import type { PushConfig, PushConfigStore } from '../../tasks/push-config-store.js';
import type { TaskEvent } from '../../tasks/task-event.js';
import type { TaskStore } from '../../tasks/task-store.js';
import { readTaskView } from '../read-task.js';
import { findRetryAfterMs } from './find-retry-after.js';
import { HostPlaces } from './host-places.js';
import { projectPush, toPushRequest, wantsTasks } from './push-payload.js';
import type { PushSecrets } from './push-secrets.js';

export interface DeliverPushDependencies {
  readonly store: Pick<TaskStore, 'events'>;
  readonly configs: Pick<PushConfigStore, 'findByKey' | 'record'>;
  readonly post: GuardedPost;
  readonly secrets: PushSecrets;
  readonly settings: Pick<PushSettings, 'maxAttempts' | 'firstRetryMs' | 'maxRetryMs' | 'concurrency'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: nobody counts. */
  readonly metrics?: Meter;
}

export type DeliverOutcome =
  /** Nothing is left that this turn knows of. */
  | { readonly type: 'done' }
  /** More is to be delivered, not before this. */
  | { readonly type: 'later'; readonly at: number };

export type DeliverPush = (key: string, signal: AbortSignal) => Promise<DeliverOutcome>;

interface Delivery {
  readonly seq: number;
  readonly response: StreamResponse | undefined;
  /** The task has ended with it. */
  readonly isLast: boolean;
}

export function createDeliverPush(dependencies: DeliverPushDependencies): DeliverPush {
  const { configs, clock, settings } = dependencies;
  const places = new HostPlaces(settings.concurrency);

  return async (key, signal) => {
    const config = await configs.findByKey(key);
    if (config === undefined || config.state !== 'active') return DONE;
    if (config.nextAttemptAt > clock.now()) return { type: 'later', at: config.nextAttemptAt };
    const release = places.take(new URL(config.url).host);
    if (release === undefined) return { type: 'later', at: clock.now() + HOST_FULL_MS * (0.5 + Math.random()) };
    try {
      return await takeTurn(config, signal);
    } finally {
      release();
    }
  };

  async function takeTurn(begun: PushConfig, signal: AbortSignal): Promise<DeliverOutcome> {
    let config = begun;
    const turnEnd = clock.monotonic() + TURN_MS;
    do {
      const batch = await readDeliveries(dependencies, config);
      if (batch.length === 0) return DONE;
      for (const delivery of batch) {
        if (signal.aborted || clock.monotonic() >= turnEnd) return { type: 'later', at: clock.now() };
        const outcome = await deliverOne(dependencies, config, delivery, signal);
        if (outcome.type !== 'delivered') return outcome;
        config = outcome.config;
      }
      if (config.state !== 'active') return DONE;
    } while (clock.monotonic() < turnEnd);
    // Others wait too.
    return { type: 'later', at: clock.now() };
  }
}

async function readDeliveries({ store }: DeliverPushDependencies, config: PushConfig): Promise<readonly Delivery[]> {
  if (config.deliveredSeq > 0) {
    const events = await store.events(config.taskId, config.deliveredSeq, BATCH, BATCH_BYTES);
    if (events.length === 0 || !wantsTasks(config)) return events.map((event) => toDelivery(event, projectPush(event)));
    const view = await readTaskView(store, config.taskId, config.deliveredSeq);
    return events.map((event) => {
      view.apply(event);
      return toDelivery(event, projectPush(event) === undefined ? undefined : { task: view.toTask() });
    });
  }
  const view = await readTaskView(store, config.taskId, config.startSeq);
  if (view.seq === 0) return [];
  return [{ seq: view.seq, response: { task: view.toTask() }, isLast: isTerminal(view.state) }];
}

function toDelivery(event: TaskEvent, response: StreamResponse | undefined): Delivery {
  const state: TaskState | undefined = event.type === 'status.changed' ? event.status.state : undefined;
  return { seq: event.seq, response, isLast: state !== undefined && isTerminal(state) };
}

type OneOutcome = DeliverOutcome | { readonly type: 'delivered'; readonly config: PushConfig };

async function deliverOne(
  dependencies: DeliverPushDependencies,
  config: PushConfig,
  { seq, response, isLast }: Delivery,
  signal: AbortSignal,
): Promise<OneOutcome> {
  const { configs } = dependencies;
  if (response !== undefined) {
    const failure = await findFailure(dependencies, config, response, signal);
    if (failure !== undefined)
      return signal.aborted ? { type: 'later', at: dependencies.clock.now() } : await recordFailure(dependencies, config, failure);
  }
  await faultPoint('push.posted');
  const state = isLast ? 'ended' : 'active';
  const progress = { deliveredSeq: seq, state, failures: 0, nextAttemptAt: 0 } as const;
  const isRecorded = await configs.record({ config, ...progress });
  await faultPoint('push.recorded');
  return isRecorded ? { type: 'delivered', config: { ...config, ...progress } } : DONE;
}

interface Failure {
  readonly reason: string;
  /** The webhook is not to be asked again. */
  readonly isFinal: boolean;
  readonly retryAfterMs: number | undefined;
}

function findFailure(
  { post, secrets, clock, metrics = silentMetrics }: DeliverPushDependencies,
  config: PushConfig,
  response: StreamResponse,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  return withSpan('hector.push.deliver', { 'hector.task.id': config.taskId }, async () => {
    try {
      const { headers, body } = toPushRequest(response, config, secrets);
      const send = () => post(new URL(config.url), { ...headers, ...traceHeaders() }, body, signal);
      const answer = await measured(clock, send, (seconds) => metrics.observe('push_delivery_duration_seconds', {}, seconds));
      if (answer.status >= 200 && answer.status < 300) {
        metrics.count('push_deliveries_total', { status: 'delivered' });
        return undefined;
      }
      const isRedirect = answer.status >= 300 && answer.status < 400;
      return {
        reason: `the webhook answered ${answer.status}${isRedirect ? '; redirects are not followed' : ''}`,
        isFinal: answer.status === GONE,
        retryAfterMs: findRetryAfterMs(answer.headers['retry-after'], clock.now()),
      };
    } catch (error) {
      return { reason: describeError(error), isFinal: hasCode(error, 'PUSH_SECRET_UNREADABLE'), retryAfterMs: undefined };
    }
  });
}

async function recordFailure(
  { configs, settings, clock, log, metrics = silentMetrics }: DeliverPushDependencies,
  config: PushConfig,
  { reason, isFinal, retryAfterMs = 0 }: Failure,
): Promise<DeliverOutcome> {
  const failures = config.failures + 1;
  const facts = { taskId: config.taskId, configId: config.id, host: new URL(config.url).host, failures, reason };
  const isGivenUp = isFinal || failures >= settings.maxAttempts;
  const delayMs = Math.max(
    backoffMs(failures, { baseMs: settings.firstRetryMs, maxMs: settings.maxRetryMs, jitter: JITTER }),
    Math.min(retryAfterMs, settings.maxRetryMs),
  );
  metrics.count('push_deliveries_total', { status: isGivenUp ? 'given_up' : 'failed' });
  const nextAttemptAt = isGivenUp ? 0 : clock.now() + delayMs;
  const isRecorded = await configs.record({ config, state: isGivenUp ? 'given-up' : 'active', failures, nextAttemptAt });
  if (!isRecorded) return DONE;
  if (isGivenUp) log.warn(facts, 'a webhook is given up: its config gets nothing more until its client saves it again');
  else log.info(facts, 'a webhook did not take an event; it is tried again');
  return isGivenUp ? DONE : { type: 'later', at: nextAttemptAt };
}

const DONE: DeliverOutcome = { type: 'done' };
const GONE = 410;
const BATCH = 50;
/** Of a batch, as stored; each delivery under way holds one. */
const BATCH_BYTES = 1024 * 1024;
/** A webhook that is slow holds its place among `concurrency` others no longer than this and one delivery. */
const TURN_MS = 1_000;
/** Until a webhook looks again whether its host has a place. */
const HOST_FULL_MS = 1_000;
const JITTER = 0.2;
