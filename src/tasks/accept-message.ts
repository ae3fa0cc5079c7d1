/**
 * The door of the run log: a message becomes a task, or continues one (R1, R11).
 * Order: SQL commit, then publish and enqueue; a crash in between is repaired by the recovery sweep.
 */
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { faultPoint } from '../base/fault-points.js';
import { newId } from '../base/ids.js';
import { canonicalJson, type JsonObject, sha256Hex } from '../base/json.js';
import { type Meter, silentMetrics } from '../observe/meter.js';
import { currentTraceContext, withSpan } from '../observe/trace.js';
import type { Message } from '../protocol/a2a.js';
import { isRunnable } from '../protocol/task-state.js';
import type { Admission, Admitted, LimitUse } from './admission.js';
import type { CancelSignals, FeedPublisher } from './coordination.js';
import type { RunStarter } from './run-starter.js';
import { type SessionMessage, toSessionPart } from './session-message.js';
import type { StepQueue } from './step-queue.js';
import type { TaskEvent } from './task-event.js';
import type { AcceptOutcome, DoubleTexting, TaskRecord, TaskStore } from './task-store.js';

export interface AcceptMessageRequest {
  /** Key of the addressed agent. */
  readonly agent: string;
  /** The caller, as the run log knows it. */
  readonly owner: string;
  /** Whom limits count. Default: nobody, the message is not limited. */
  readonly caller?: string;
  /** Told all events of a new run that this process began at once: whoever follows it need not read them. */
  readonly onBegun?: (events: readonly TaskEvent[]) => void;
  /** Told what is left of the caller's limits. */
  readonly onLimits?: (uses: readonly LimitUse[]) => void;
  readonly tenant: string;
  readonly configVersion: string;
  /** Validated; `contextId` and `taskId` as the client sent them. */
  readonly message: Message;
  readonly metadata?: JsonObject;
  /** As the client sent them. */
  readonly acceptedOutputModes?: readonly string[];
  /** Default: no role is wanted of the caller. */
  readonly callerRoles?: readonly string[];
  /** As the addressed agent's settings have it. Default `enqueue`. */
  readonly doubleTexting?: DoubleTexting;
}

export interface AcceptMessageDependencies {
  readonly store: TaskStore;
  readonly queue: StepQueue;
  readonly publisher: FeedPublisher;
  readonly signals: Pick<CancelSignals, 'announce'>;
  readonly clock: Clock;
  /** A worker of this process, which may begin new runs at once. Default: every run goes through the queue. */
  readonly starter?: RunStarter | undefined;
  /** Default: nobody is limited. */
  readonly admission?: Admission;
  /** Default: nobody counts. */
  readonly metrics?: Meter;
}

/**
 * Commits the message and sees to it that its task runs.
 * @returns the task: a new one, the continued one, or for a repeated `messageId` the one it made before (R11).
 * @throws AppError `TASK_NOT_FOUND` (S6), `OPERATION_UNSUPPORTED` (S5 terminal task, or one that is not waiting),
 *   `PARAMS_INVALID` (M5, R11), `CONTEXT_BUSY` (double texting: reject), `OVERLOADED`, `ACCESS_RATE_LIMITED`.
 */
export type AcceptMessage = (request: AcceptMessageRequest) => Promise<TaskRecord>;

export function createAcceptMessage({
  store,
  queue,
  publisher,
  signals,
  clock,
  starter,
  admission,
  metrics = silentMetrics,
}: AcceptMessageDependencies): AcceptMessage {
  return (request) =>
    withSpan('hector.task.accept', { 'hector.agent.name': request.agent }, async (span) => {
      const contextId = await resolveContextId(store, request);
      const key = dedupeKey(request, contextId);
      const at = clock.now();
      const newTaskId = newId(at);
      await unlessAccepted(store, key, () => queue.assertCapacity());
      const admitted = await admit(request, { contextId, newTaskId, key }, { admission, store });
      const message: Message = { ...request.message, contextId };
      const hand = message.taskId === undefined ? starter?.reserve(newTaskId) : undefined;
      const outcome = await store
        .accept({
          newTaskId,
          key: { agent: request.agent, owner: request.owner, contextId },
          tenant: request.tenant,
          configVersion: request.configVersion,
          traceparent: currentTraceContext(),
          message,
          sessionMessage: toSessionMessage(message, at),
          ...(message.taskId === undefined ? {} : { taskId: message.taskId }),
          ...(request.metadata === undefined ? {} : { metadata: request.metadata }),
          ...(request.acceptedOutputModes === undefined ? {} : { acceptedOutputModes: request.acceptedOutputModes }),
          ...(request.callerRoles === undefined ? {} : { callerRoles: request.callerRoles }),
          ...(request.doubleTexting === undefined ? {} : { doubleTexting: request.doubleTexting }),
          dedupeKey: key,
          messageHash: messageHash(message),
          ...(hand === undefined ? {} : { worker: hand.worker }),
          at,
        })
        .catch((error: unknown) => {
          hand?.letGo();
          admitted?.forget();
          throw error;
        });
      if (outcome.type !== 'accepted') admitted?.forget();
      const taken = outcome.type === 'accepted' ? outcome.taken : undefined;
      if (taken === undefined) hand?.letGo();
      if (outcome.type === 'expired') await publisher.publishEvents(outcome.events);
      const task = acceptedTask(outcome, message);
      span.setAttribute('hector.task.id', task.id);
      if (outcome.type === 'accepted') countAccepted(outcome, metrics);
      await faultPoint('accept.after-commit');
      // Nobody can follow a task whose id is not known yet.
      if (outcome.type === 'accepted' && message.taskId !== undefined) await publisher.publishEvents(outcome.events);
      // None of what follows rejects, and none is waited for: the answer rests on the commit. A worker that misses the signal
      // learns of it at its commit, which is refused; a job that gets lost is added by the recovery sweep.
      const toldOf = outcome.type === 'accepted' ? outcome.interrupted : undefined;
      const told = toldOf === undefined ? undefined : tellInterrupted(toldOf, publisher, signals);
      if (outcome.type === 'accepted' && taken !== undefined) {
        const log = [...outcome.events, ...taken.events];
        hand?.start({ ...taken, log });
        request.onBegun?.(log);
      } else if (told !== undefined) void told.then(() => queue.enqueue(task));
      // A duplicate is enqueued too: the first try may have died between its commit and its job.
      else if (isRunnable(task.state)) void queue.enqueue(task);
      return task;
    });
}

function countAccepted({ task: { agent, turn }, events, interrupted = [] }: Accepted, metrics: Meter): void {
  metrics.count('requests_total', { agent });
  if (turn === 1) metrics.count('session_created_total', { agent });
  for (const { type } of events) metrics.count('session_events_total', { agent, event_type: type });
  for (const { task } of interrupted) metrics.count('agent_requests_total', { agent: task.agent, status: 'canceled' });
}

type Accepted = Extract<AcceptOutcome, { type: 'accepted' }>;

/** R6: workers of the runs that gave way stop at once, and their clients hear of it. */
async function tellInterrupted(
  interrupted: NonNullable<Accepted['interrupted']>,
  publisher: FeedPublisher,
  signals: Pick<CancelSignals, 'announce'>,
): Promise<void> {
  await Promise.all(
    interrupted.flatMap(({ task, events, ended = [] }) => [
      ...[task, ...ended].map(({ id }) => signals.announce(id)),
      publisher.publishEvents(events),
    ]),
  );
}

/** A message that was accepted before adds no work: it finds its task also while new ones are refused (R11). */
async function unlessAccepted<T>(store: TaskStore, key: string, refuse: () => Promise<T>): Promise<T | undefined> {
  try {
    return await refuse();
  } catch (error) {
    if (!(await store.isAccepted(key))) throw error;
    return undefined;
  }
}

/** `undefined`: nobody is limited, or the message was accepted before. */
async function admit(
  { owner, caller, message, onLimits }: AcceptMessageRequest,
  { contextId, newTaskId, key }: { readonly contextId: string; readonly newTaskId: string; readonly key: string },
  { admission, store }: Pick<AcceptMessageDependencies, 'admission' | 'store'>,
): Promise<Admitted | undefined> {
  if (admission === undefined || caller === undefined) return undefined;
  const run = { owner, caller, contextId, taskId: message.taskId ?? newTaskId, isNew: message.taskId === undefined };
  const admitted = await unlessAccepted(store, key, () => admission.admit(run));
  if (admitted !== undefined) onLimits?.(admitted.uses);
  return admitted;
}

/** M1, M4, M5: a new context gets an id; a given task brings its own, which a given context must equal. */
async function resolveContextId(store: TaskStore, request: AcceptMessageRequest): Promise<string> {
  const { taskId, contextId } = request.message;
  if (taskId === undefined) return contextId ?? contextIdOf(request);
  const task = await store.find(taskId, request.owner);
  if (task === undefined || task.agent !== request.agent || task.tenant !== request.tenant) {
    throw new AppError('TASK_NOT_FOUND', { message: `Task '${taskId}' not found` });
  }
  if (contextId !== undefined && contextId !== task.contextId) {
    const description = `the task belongs to context '${task.contextId}', not '${contextId}'`;
    throw new AppError('PARAMS_INVALID', {
      message: `message.contextId: ${description}; leave it out or send the task's own`,
      problems: [{ field: 'message.contextId', description }],
    });
  }
  return task.contextId;
}

function acceptedTask(outcome: AcceptOutcome, message: Message): TaskRecord {
  switch (outcome.type) {
    case 'accepted':
    case 'duplicate':
      return outcome.task;
    case 'conflict': {
      const description = `'${message.messageId}' was used for another message; use a new id for a new message`;
      throw new AppError('PARAMS_INVALID', {
        message: `message.messageId: ${description}`,
        problems: [{ field: 'message.messageId', description }],
      });
    }
    case 'active':
      throw new AppError('CONTEXT_BUSY', {
        message: `The context's task '${outcome.task.id}' has not ended (agents.${outcome.task.agent}.double_texting is reject); wait for its end, or cancel it`,
      });
    case 'not-found':
      throw new AppError('TASK_NOT_FOUND', { message: `Task '${message.taskId}' not found` });
    case 'terminal':
    case 'expired':
      throw new AppError('OPERATION_UNSUPPORTED', {
        message: `Task '${message.taskId}' has ended (${outcome.task.state}); send the message without taskId to start a new task in the same context`,
      });
    case 'busy':
      throw new AppError('OPERATION_UNSUPPORTED', {
        message: `Task '${message.taskId}' is not waiting for input (${outcome.task.state}); send the message without taskId to queue a new task in the same context`,
      });
  }
}

/**
 * The id of a new context (M1) follows from the message that opens it, so that a client which repeats the message finds
 * the same context, whether it learned its id or not (R11).
 */
function contextIdOf({ agent, owner, tenant, message }: AcceptMessageRequest): string {
  const hex = sha256Hex(canonicalJson([agent, owner, tenant, message.messageId]));
  // RFC 9562 §5.8: a UUID of our own making.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** R11: the same message of the same caller in the same context, or to the same task. */
function dedupeKey({ agent, owner, tenant, message }: AcceptMessageRequest, contextId: string): string {
  return sha256Hex(canonicalJson([agent, owner, tenant, contextId, message.taskId ?? '', message.messageId]));
}

/** R11: what a message says, wherever it says it. */
function messageHash({ role, parts, metadata = {} }: Message): string {
  return sha256Hex(canonicalJson([role, parts, metadata]));
}

function toSessionMessage(message: Message, at: number): SessionMessage {
  return { id: message.messageId, role: 'user', author: 'user', parts: message.parts.map(toSessionPart), createdAt: at };
}
