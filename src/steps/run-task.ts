/**
 * One worker's turn with a task: lease, take, steps, hand-over (ARCHITECTURE §4, stops 6–10).
 *
 * Kept here: R3 (the turn's epoch), what becomes of a run whose worker died (CHK-07), and that a run which is let go without a
 * commit is not taken for one. SQL decides; the lease only keeps two workers from trying at once.
 */
import { describeError, hasCode } from '../base/errors.js';
import { faultPoint } from '../base/fault-points.js';
import { withSpan } from '../observe/trace.js';
import { isTerminal } from '../protocol/task-state.js';
import type { TaskLease } from '../tasks/coordination.js';
import type { TakenRun, TaskRecord } from '../tasks/task-store.js';
import { type SpendTokens, withTokenAccount } from '../tasks/token-account.js';
import { type CommittedStep, commitStep, publishStep } from './commit-step.js';
import { readChildRuns } from './read-child-runs.js';
import { decideRecovery, readRecoveryFacts } from './recovery-policy.js';
import { runSteps, type Turn } from './run-steps.js';
import type { RunTaskDependencies } from './run-task-dependencies.js';
import type { RunningTask } from './running-tasks.js';
import { failedWith } from './step-commit.js';

export type RunTaskResult =
  | { readonly type: 'done' }
  /** Another worker holds the lease and may be about to let go: look again when it may have expired. */
  | { readonly type: 'held'; readonly remainingMs: number };

/**
 * Runs a task until it ends, waits, is handed over or is lost to another worker.
 * @param draining aborted when this worker takes no new work: the run is handed over at its next commit.
 * @throws what made a step impossible and may pass, here or on another worker: the job is tried again. An agent gets
 *   `MAX_TRIES`; stores, configuration and lost leases have no limit of their own, the run log bounds takes.
 */
export async function runTask(taskId: string, draining: AbortSignal, dependencies: RunTaskDependencies): Promise<RunTaskResult> {
  const { store, leases, publisher, queue, running, clock, worker } = dependencies;
  const outcome = await leases.acquire(taskId);
  if (outcome.type === 'held') return await whenHeld(taskId, outcome.remainingMs, dependencies);
  const { lease } = outcome;
  const run = running.begin(taskId);
  try {
    await faultPoint('take.before');
    const taken = await store.take(taskId, clock.now(), worker);
    if (taken.type === 'given-up') {
      dependencies.log.error({ taskId, step: taken.task.step, epoch: taken.task.epoch }, 'a step never finished; its run was given up');
      await publisher.publishEvents(taken.events);
      for (const next of [taken.next, ...(taken.wakes ?? [])]) if (next !== undefined) await queue.enqueue(next, taskId);
    }
    if (taken.type === 'taken') await runTaken(taken, { lease, run, draining }, dependencies);
    return { type: 'done' };
  } finally {
    run.end();
    await lease.release();
  }
}

/** From the take to the hand-over; the hand is free when the last step is committed. @throws as `runTask` */
export async function runTaken(
  taken: TakenRun,
  { lease, run, draining }: { readonly lease: TaskLease; readonly run: RunningTask; readonly draining: AbortSignal },
  dependencies: RunTaskDependencies,
): Promise<void> {
  const { queue } = dependencies;
  await faultPoint('take.after');
  run.follow(lease.lost);
  const last = await takeTurn(taken, { lease, signal: run.signal, draining }, dependencies).finally(() => run.end());
  if (last === undefined) return;
  // Whoever hears of what follows may want the lease at once: it is given back before anybody is told. Of a run that has ended nobody does.
  const released = lease.release();
  if (!isTerminal(last.task.state)) await released;
  await publishStep(last.events, dependencies);
  await Promise.all(last.wakes.map((next) => queue.enqueue(next, taken.task.id)));
  if (!last.ended) await queue.enqueue(last.task);
}

/**
 * Whoever has taken the run ends it, hands it over or dies, and then the recovery sweep sees to it. Only a holder that has not taken
 * it yet, or has let it go already, may leave it to this job.
 */
async function whenHeld(taskId: string, remainingMs: number, { store }: RunTaskDependencies): Promise<RunTaskResult> {
  const task = await store.find(taskId, undefined);
  if (task === undefined || task.worker !== '') return { type: 'done' };
  return { type: 'held', remainingMs: Math.min(remainingMs, LETTING_GO_MS) };
}

/** The commit that ends the turn; `undefined` when there is none. @throws after the run was given back. */
async function takeTurn(
  taken: TakenRun,
  hold: Pick<Turn, 'lease' | 'signal' | 'draining'>,
  dependencies: RunTaskDependencies,
): Promise<CommittedStep | undefined> {
  const { store, publisher, metrics, worker, maxHistoryMessages: limit } = dependencies;
  const { task, events, from, log = [] } = taken;
  const { agent } = task;
  metrics.add('agent_active_runs', { agent }, 1);
  try {
    await publisher.publishEvents(events);
    const attributes = { 'hector.task.id': task.id, 'hector.session_id': task.contextId };
    const [history, sessionState, children] = await withSpan('hector.session.load', attributes, () =>
      Promise.all([
        taken.history ?? store.sessionMessages(task, { upToTurn: task.turn, ...(limit === undefined ? {} : { limit }) }),
        store.sessionState(task),
        readChildRuns(task, store),
      ]),
    );
    const turn: Turn = { task, log, history, sessionState, children, ...hold };
    // A run that is still under this worker's own name slipped from it; nobody died.
    const isOrphan = from !== '' && from !== worker;
    return await withAccount(task, dependencies, () => (isOrphan ? takeOver(turn, from, dependencies) : runSteps(turn, dependencies)));
  } catch (error) {
    const isUntried = hasCode(error, 'AGENT_HANDLER_MISSING');
    if (isUntried) dependencies.log.error({ taskId: task.id }, `a run is given back: ${describeError(error)}`);
    await giveBack(task, { isBlameless: hold.signal.aborted || isUntried }, dependencies);
    throw error;
  } finally {
    metrics.add('agent_active_runs', { agent }, -1);
  }
}

/**
 * Where no tokens are counted there is no account: keeping one in mind over a turn costs every promise of the process. A turn that began
 * before a reload made them count is not counted.
 */
function withAccount<T>(task: TaskRecord, dependencies: RunTaskDependencies, run: () => Promise<T>): Promise<T> {
  return dependencies.limits?.countsTokens === true ? withTokenAccount(openAccount(task, dependencies), run) : run();
}

/** Runs below a run spend what belongs to the session that the client knows. */
function openAccount({ owner, contextId, child }: TaskRecord, { store, limits }: RunTaskDependencies): SpendTokens {
  const findContextId = async () =>
    child === undefined ? contextId : ((await store.find(child.rootId, undefined))?.contextId ?? contextId);
  return (tokens) => void limits?.spend({ owner, findContextId }, tokens);
}

async function takeOver(turn: Turn, from: string, dependencies: RunTaskDependencies): Promise<CommittedStep | undefined> {
  const { store, checkpoint, clock, metrics, log } = dependencies;
  const { task } = turn;
  const about = { taskId: task.id, step: task.step, epoch: task.epoch, from };
  const recovery = checkpoint.enabled
    ? decideRecovery(checkpoint, await readRecoveryFacts(turn, store, clock.now()))
    : ({ type: 'resume' } as const);
  switch (recovery.type) {
    case 'resume':
      metrics.count('takeovers_total', {});
      log.info(about, 'a run is taken over from a worker that died');
      return await runSteps(turn, dependencies);
    case 'hold': {
      const at = clock.now();
      const held = await store.hold(task.id, task.epoch, at, recovery.leftMs === undefined ? undefined : at + recovery.leftMs);
      if (held.type === 'lost') return undefined;
      metrics.count('runs_held_total', {});
      log.warn({ ...about, key: recovery.key }, 'the worker of a run died; the run is held until somebody resumes or discards it');
      return undefined;
    }
    case 'fail':
      log.warn(about, recovery.reason);
      return await commitStep(task, failedWith(task, recovery.reason), false, dependencies);
  }
}

/**
 * Nobody needs to think that this worker died. Does nothing for a run that others have by now.
 * `isBlameless`: the lease was lost, this worker ends or has no code for the agent, which says nothing about the step: the take does not
 * count (`MAX_TAKES`).
 */
export async function giveBack(
  task: TaskRecord,
  { isBlameless }: { readonly isBlameless: boolean },
  { store, clock, log }: RunTaskDependencies,
): Promise<void> {
  try {
    await store.release(task.id, task.epoch, clock.now(), { givesTakeBack: isBlameless });
  } catch (error) {
    log.warn({ taskId: task.id, reason: describeError(error) }, 'a run was not given back; the next worker takes this one for dead');
  }
}

/** Between a take, or the end of a run, and its lease lie milliseconds. */
const LETTING_GO_MS = 100;
