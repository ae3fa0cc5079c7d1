/**
 * One worker's turn with a task: lease, take, steps, commits (ARCHITECTURE §4, stops 6–10).
 *
 * Kept here: R2 (one commit per step), R3 (every commit carries the epoch), R9 (previews before the commit),
 * inline continuation and hand-over (§5). SQL decides; the lease only keeps two workers from trying at once.
 */
import type { Agent, StepOutcome, StepState } from '../agents/agent.js';
import { type Clock, isoTime } from '../base/clock.js';
import { type AppError, toAppError } from '../base/errors.js';
import { faultPoint } from '../base/fault-points.js';
import { newId } from '../base/ids.js';
import type { Logger } from '../observe/log.js';
import { withSpan } from '../observe/trace.js';
import type { Message, TaskStatus } from '../protocol/a2a.js';
import type { FeedPublisher, LeaseManager } from '../tasks/coordination.js';
import type { SessionMessage } from '../tasks/session-message.js';
import type { StepQueue } from '../tasks/step-queue.js';
import type { StepCommit, TaskRecord, TaskStore } from '../tasks/task-store.js';
import type { RunningTasks } from './running-tasks.js';
import { StepPreviews } from './step-previews.js';

export interface RunTaskDependencies {
  readonly store: TaskStore;
  readonly leases: LeaseManager;
  readonly publisher: FeedPublisher;
  readonly queue: StepQueue & { waiting(): Promise<number> };
  readonly running: RunningTasks;
  /** The agent as the run's config version has it (R12). */
  getAgent(configVersion: string, name: string): Promise<Agent>;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long one run keeps its worker while others wait. */
  readonly timeSliceMs: number;
}

export type RunTaskResult =
  | { readonly type: 'done' }
  /** Another worker holds the lease: look again when it may have expired. */
  | { readonly type: 'held'; readonly remainingMs: number };

export interface RunTaskOptions {
  /** Aborted when this worker takes no new work: the run is handed over at its next commit. */
  readonly draining: AbortSignal;
  /** Tries before this one that ended in a temporary failure. */
  readonly failedTries: number;
}

/**
 * Runs a task until it ends, waits, is handed over or is lost to another worker.
 * @throws what made a step impossible and may pass (disposition `retry`): the job is tried again. An agent gets
 *   `MAX_TRIES`; for the stores it has no end, since nothing could be committed without them.
 */
export async function runTask(taskId: string, options: RunTaskOptions, dependencies: RunTaskDependencies): Promise<RunTaskResult> {
  const { store, leases, publisher, running, clock } = dependencies;
  const outcome = await leases.acquire(taskId);
  if (outcome.type === 'held') return { type: 'held', remainingMs: outcome.remainingMs };
  const run = running.begin(taskId);
  try {
    await faultPoint('take.before');
    const taken = await store.take(taskId, clock.now());
    if (taken.type !== 'taken') return { type: 'done' };
    await publisher.publishEvents(taken.events);
    await runSteps(taken.task, AbortSignal.any([run.signal, outcome.lease.lost]), options, dependencies);
    return { type: 'done' };
  } finally {
    run.end();
    await outcome.lease.release();
  }
}

async function runSteps(
  taken: TaskRecord,
  signal: AbortSignal,
  { draining, failedTries }: RunTaskOptions,
  dependencies: RunTaskDependencies,
): Promise<void> {
  const { store, queue, clock, log } = dependencies;
  const sliceEnd = clock.monotonic() + dependencies.timeSliceMs;
  // Only this run appends to the session while it is active (earlier ones ended, later ones wait), so one load serves all steps.
  const history: SessionMessage[] = [...(await store.sessionMessages(taken, { upToTurn: taken.turn }))];
  let task = taken;
  for (;;) {
    const commit = await withSpan(
      'hector.step.run',
      { 'hector.task.id': task.id, 'hector.step': task.step, 'hector.epoch': task.epoch },
      async () => {
        const triesLeft = task.step === taken.step ? MAX_TRIES - 1 - failedTries : MAX_TRIES - 1;
        const outcome = await takeStep({ task, history }, triesLeft, signal, dependencies);
        return outcome === undefined ? undefined : await commitStep(task, outcome, dependencies);
      },
    );
    if (commit === undefined) return;
    if (commit.type === 'lost') {
      log.info({ taskId: task.id, epoch: task.epoch, step: task.step }, 'the task was taken over or canceled; this step is dropped (R3)');
      return;
    }
    task = commit.task;
    history.push(...commit.messages);
    if (commit.next !== undefined) await queue.enqueue(commit.next, task.id);
    if (commit.ended) return;
    if (draining.aborted || (clock.monotonic() >= sliceEnd && (await queue.waiting()) > 0)) {
      await queue.enqueue(task);
      return;
    }
  }
}

/** `undefined`: the step was called off and there is nothing to commit. */
async function takeStep(
  { task, history }: StepState,
  triesLeft: number,
  signal: AbortSignal,
  { getAgent, publisher, clock, log }: RunTaskDependencies,
): Promise<StepOutcome | undefined> {
  const previews = new StepPreviews(task, publisher, clock);
  const preview = (artifactId: string, text: string): void => {
    if (!signal.aborted) previews.add(artifactId, text);
  };
  try {
    signal.throwIfAborted();
    const agent = await getAgent(task.configVersion, task.agent);
    return await agent.runStep({ task, history }, { signal, preview });
  } catch (error) {
    if (signal.aborted) {
      log.info({ taskId: task.id, step: task.step, err: toAppError(signal.reason) }, 'a step was called off');
      return undefined;
    }
    const failure = toAppError(error);
    if (failure.disposition === 'retry' && triesLeft > 0) throw failure;
    log.error({ taskId: task.id, step: task.step, agent: task.agent, err: failure.cause ?? failure }, 'a step failed');
    return failedOutcome(task, failure);
  } finally {
    previews.stop();
  }
}

interface CommittedStep {
  readonly type: 'committed';
  readonly task: TaskRecord;
  readonly messages: readonly SessionMessage[];
  readonly ended: boolean;
  readonly next?: TaskRecord;
}

async function commitStep(
  task: TaskRecord,
  outcome: StepOutcome,
  { store, publisher, clock }: RunTaskDependencies,
): Promise<CommittedStep | { readonly type: 'lost' }> {
  const commit = toCommit(task, outcome, clock.now());
  await faultPoint('step.before-commit');
  const result = await withSpan('hector.step.commit', { 'hector.task.id': task.id, 'hector.step': task.step }, () => store.commit(commit));
  if (result.type === 'lost') return { type: 'lost' };
  await faultPoint('step.after-commit');
  await withSpan('hector.feed.publish', { 'hector.task.id': task.id }, () => publisher.publishEvents(result.events));
  return {
    type: 'committed',
    task: result.task,
    messages: outcome.messages,
    ended: outcome.type !== 'continue',
    ...(result.next === undefined ? {} : { next: result.next }),
  };
}

function toCommit(task: TaskRecord, outcome: StepOutcome, at: number): StepCommit {
  const { control, messages, events } = outcome;
  const status = statusAfter(outcome, at);
  return {
    taskId: task.id,
    epoch: task.epoch,
    step: task.step,
    state: status?.state ?? 'TASK_STATE_WORKING',
    control,
    messages,
    events: status === undefined ? events : [...events, { type: 'status.changed', status, ...statusMetadata(outcome) }],
    at,
  };
}

/** The status that ends or pauses the run, if this outcome does. */
function statusAfter(outcome: StepOutcome, at: number): TaskStatus | undefined {
  const timestamp = isoTime(at);
  switch (outcome.type) {
    case 'continue':
      return undefined;
    case 'wait':
      return { state: outcome.state, message: outcome.statusMessage, timestamp };
    case 'failed':
      return { state: 'TASK_STATE_FAILED', message: outcome.statusMessage, timestamp };
    case 'finished':
      return {
        state: 'TASK_STATE_COMPLETED',
        ...(outcome.statusMessage === undefined ? {} : { message: outcome.statusMessage }),
        timestamp,
      };
  }
}

function statusMetadata(outcome: StepOutcome): { metadata?: NonNullable<Extract<StepOutcome, { type: 'finished' }>['statusMetadata']> } {
  return outcome.type === 'finished' && outcome.statusMetadata !== undefined ? { metadata: outcome.statusMetadata } : {};
}

/** An unforeseen failure ends the run; what went wrong is in the log, not in the client's hands. */
function failedOutcome(task: TaskRecord, failure: AppError): StepOutcome {
  const text = failure.code === 'INTERNAL' ? `The agent '${task.agent}' failed unexpectedly` : failure.message;
  const statusMessage: Message = { messageId: newId(), contextId: task.contextId, taskId: task.id, role: 'ROLE_AGENT', parts: [{ text }] };
  return { type: 'failed', control: task.control, messages: [], events: [], statusMessage };
}

/** Tries of one step that end in a temporary failure of the agent, before the run fails. */
const MAX_TRIES = 5;
