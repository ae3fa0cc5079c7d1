/**
 * One worker's turn with a task: lease, take, steps, commits (ARCHITECTURE §4, stops 6–10).
 *
 * Kept here: R2 (one commit per step), R3 (every commit carries the epoch), R9 (previews before the commit),
 * inline continuation and hand-over (§5). SQL decides; the lease only keeps two workers from trying at once.
 */
import type { Agent, StepOutcome, StepState } from '../agents/agent.js';
import type { Clock } from '../base/clock.js';
import { describeError, hasCode, toAppError } from '../base/errors.js';
import { faultPoint } from '../base/fault-points.js';
import type { Logger } from '../observe/log.js';
import { withSpan } from '../observe/trace.js';
import type { FeedPublisher, LeaseManager } from '../tasks/coordination.js';
import type { SessionMessage } from '../tasks/session-message.js';
import type { StepQueue } from '../tasks/step-queue.js';
import type { TaskEvent } from '../tasks/task-event.js';
import type { TaskRecord, TaskStore } from '../tasks/task-store.js';
import type { RunningTasks } from './running-tasks.js';
import { failedOutcome, toCommit } from './step-commit.js';
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

/**
 * Runs a task until it ends, waits, is handed over or is lost to another worker.
 * @param draining aborted when this worker takes no new work: the run is handed over at its next commit.
 * @throws what made a step impossible and may pass, here or on another worker: the job is tried again. An agent gets
 *   `MAX_TRIES`; stores, configuration and lost leases have no limit of their own, the run log bounds takes.
 */
export async function runTask(taskId: string, draining: AbortSignal, dependencies: RunTaskDependencies): Promise<RunTaskResult> {
  const { store, leases, publisher, queue, running, clock } = dependencies;
  const outcome = await leases.acquire(taskId);
  if (outcome.type === 'held') return { type: 'held', remainingMs: outcome.remainingMs };
  const { lease } = outcome;
  const run = running.begin(taskId);
  try {
    await faultPoint('take.before');
    const taken = await store.take(taskId, clock.now());
    if (taken.type === 'given-up') {
      dependencies.log.error({ taskId, step: taken.task.step, epoch: taken.task.epoch }, 'a step never finished; its run was given up');
      await publisher.publishEvents(taken.events);
      if (taken.next !== undefined) await queue.enqueue(taken.next, taskId);
    }
    if (taken.type !== 'taken') return { type: 'done' };
    await publisher.publishEvents(taken.events);
    const last = await runSteps(taken.task, AbortSignal.any([run.signal, lease.lost]), draining, dependencies);
    if (last === undefined) return { type: 'done' };
    // Whoever hears of what follows may want the lease at once: it is given back before anybody is told.
    await lease.release();
    await publish(last.events, dependencies);
    if (last.next !== undefined) await queue.enqueue(last.next, taskId);
    if (!last.ended) await queue.enqueue(last.task);
    return { type: 'done' };
  } finally {
    run.end();
    await lease.release();
  }
}

/** The commit that ends this worker's turn, not yet published; `undefined` when the task was taken over or canceled. */
async function runSteps(
  taken: TaskRecord,
  signal: AbortSignal,
  draining: AbortSignal,
  dependencies: RunTaskDependencies,
): Promise<CommittedStep | undefined> {
  const { store, queue, clock, log } = dependencies;
  const sliceEnd = clock.monotonic() + dependencies.timeSliceMs;
  // Only this run appends to the session while it is active (earlier ones ended, later ones wait), so one load serves all steps.
  const history: SessionMessage[] = [...(await store.sessionMessages(taken, { upToTurn: taken.turn }))];
  let task = taken;
  for (;;) {
    const attributes = { 'hector.task.id': task.id, 'hector.step': task.step, 'hector.epoch': task.epoch };
    const step = await withSpan('hector.step.run', attributes, async () => {
      const outcome = await takeStep({ task, history }, signal, dependencies);
      return outcome === undefined ? undefined : await commitStep(task, outcome, dependencies);
    });
    if (step === undefined) {
      log.info({ taskId: task.id, epoch: task.epoch, step: task.step }, 'the task was taken over or canceled; this step is dropped (R3)');
      return undefined;
    }
    const isHandOver = draining.aborted || (clock.monotonic() >= sliceEnd && (await queue.waiting()) > 0);
    if (step.ended || isHandOver) return step;
    await publish(step.events, dependencies);
    task = step.task;
    history.push(...step.messages);
  }
}

/**
 * `undefined`: the task was canceled and there is nothing to commit.
 * @throws the reason when the lease was lost or the worker is ending: nothing is known about who continues, so the job is
 *   tried again; whoever has the task by then makes that try a short one.
 */
async function takeStep(
  { task, history }: StepState,
  signal: AbortSignal,
  { getAgent, publisher, clock, log }: RunTaskDependencies,
): Promise<StepOutcome | undefined> {
  const agent = await getAgent(task.configVersion, task.agent);
  const previews = new StepPreviews(task, publisher, clock);
  const preview = (artifactId: string, text: string): void => {
    if (!signal.aborted) previews.add(artifactId, text);
  };
  try {
    signal.throwIfAborted();
    return await agent.runStep(
      { task, history },
      {
        signal,
        preview,
        ledger: { find: async () => new Map(), record: async () => {} },
        checkpoint: { afterModel: false, afterTools: false },
      },
    );
  } catch (error) {
    if (signal.aborted) {
      log.info({ taskId: task.id, step: task.step, reason: describeError(signal.reason) }, 'a step was called off');
      if (hasCode(signal.reason, 'TASK_CANCELED')) return undefined;
      throw signal.reason;
    }
    const failure = toAppError(error);
    if (failure.disposition === 'retry' && task.takes < MAX_TRIES) throw failure;
    log.error({ taskId: task.id, step: task.step, agent: task.agent, err: failure }, 'a step failed');
    return failedOutcome(task, failure);
  } finally {
    previews.stop();
  }
}

interface CommittedStep {
  readonly task: TaskRecord;
  /** Committed, to be published. */
  readonly events: readonly TaskEvent[];
  readonly messages: readonly SessionMessage[];
  readonly ended: boolean;
  readonly next?: TaskRecord;
}

/** `undefined`: somebody else has the task, or it was canceled (R2, R3, R5). */
async function commitStep(
  task: TaskRecord,
  outcome: StepOutcome,
  { store, clock }: RunTaskDependencies,
): Promise<CommittedStep | undefined> {
  const commit = toCommit(task, outcome, clock.now());
  await faultPoint('step.before-commit');
  const attributes = { 'hector.task.id': task.id, 'hector.step': task.step };
  const result = await withSpan('hector.step.commit', attributes, () => store.commit(commit));
  if (result.type === 'lost') return undefined;
  await faultPoint('step.after-commit');
  const { events, next } = result;
  return {
    task: result.task,
    events,
    messages: outcome.messages,
    ended: outcome.type !== 'continue',
    ...(next === undefined ? {} : { next }),
  };
}

async function publish(events: readonly TaskEvent[], { publisher }: RunTaskDependencies): Promise<void> {
  await withSpan('hector.feed.publish', { 'hector.task.id': events[0]?.taskId ?? '' }, () => publisher.publishEvents(events));
}

/** Tries of one step that end in a temporary failure of the agent, before the run fails. */
const MAX_TRIES = 5;
