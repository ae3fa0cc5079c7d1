/**
 * The steps of one turn: each taken, and committed when the checkpoint policy says so.
 *
 * Owns: what was done since the last commit. Does not own: the lease and the hand-over (`run-task.ts`).
 * - One commit per step (R2), under the turn's epoch (R3). Iterations that are carried on are one step with what follows them.
 * - Previews of a step end before its commit shows all of it (R9), and go on over carried iterations.
 */
import type { ChildRun, StepOutcome } from '../agents/agent.js';
import { AppError, describeError } from '../base/errors.js';
import { withSpan } from '../observe/trace.js';
import type { TaskLease } from '../tasks/coordination.js';
import type { SessionMessage } from '../tasks/session-message.js';
import { type SessionState, withDelta } from '../tasks/session-state.js';
import type { TaskEvent } from '../tasks/task-event.js';
import type { TaskRecord } from '../tasks/task-store.js';
import { isCarriedOn } from './checkpoint-policy.js';
import { type CommittedStep, commitStep, publishStep } from './commit-step.js';
import { mergeOutcomes } from './merge-outcomes.js';
import type { RunTaskDependencies } from './run-task-dependencies.js';
import { StepPreviews } from './step-previews.js';
import { type StepHold, takeStep } from './take-step.js';

export interface Turn {
  readonly task: TaskRecord;
  /** All of its events up to now, or none of them: then they are read. */
  readonly log: readonly TaskEvent[];
  /** The session up to this run. Only this run adds to it while it is active, so one load serves all steps. */
  readonly history: readonly SessionMessage[];
  /** As it was when the run was taken; what others change of what they share with it shows at its next turn. */
  readonly sessionState: SessionState;
  /** None of them works while this run is in hands. */
  readonly children: readonly ChildRun[];
  /** Aborted on cancel, lost lease, drain past its budget. */
  readonly signal: AbortSignal;
  readonly lease: Pick<TaskLease, 'lost'>;
  /** Aborted when this worker takes no new work: the run is handed over at its next commit. */
  readonly draining: AbortSignal;
}

/** The commit that ends this worker's turn, not yet published; `undefined` when the task was taken over or canceled. */
export async function runSteps(turn: Turn, dependencies: RunTaskDependencies): Promise<CommittedStep | undefined> {
  const { publisher, queue, clock, log } = dependencies;
  const { signal, log: runLog, lease, draining } = turn;
  const sliceEnd = clock.monotonic() + dependencies.timeSliceMs;
  const handsOver = async (staysHere: boolean) =>
    draining.aborted || (!staysHere && clock.monotonic() >= sliceEnd && (await queue.waiting()) > 0);
  const seen: Seen = { history: [...turn.history], sessionState: turn.sessionState, children: turn.children };
  const over = new AbortController();
  let { task } = turn;
  // One for all steps: its configuration may be let go of by others meanwhile.
  const agent = await dependencies.getAgent(task.configVersion, task.agent, over.signal);
  for (;;) {
    const previews = new StepPreviews(task, publisher, clock);
    const startedMs = clock.monotonic();
    let goesOn = false;
    try {
      const step = await runStep({ task, seen, agent, log: runLog, signal, turn: over.signal, lease, handsOver, previews }, dependencies);
      if (step === undefined) {
        log.info({ taskId: task.id, epoch: task.epoch, step: task.step }, 'the task was taken over or canceled; this step is dropped (R3)');
        return undefined;
      }
      dependencies.metrics.observe('step_duration_seconds', { agent: task.agent }, (clock.monotonic() - startedMs) / 1_000);
      if (!step.goesOn) return step.committed;
      await publishStep(step.committed.events, dependencies);
      task = step.committed.task;
      goesOn = true;
    } finally {
      previews.stop();
      if (!goesOn) over.abort(turnIsOver());
    }
  }
}

/** One for all turns: it tells nothing of its own, and an error with its stack costs as much as a statement of SQL. */
function turnIsOver(): AppError {
  turnOver ??= new AppError('STEP_ABORTED', { message: "This worker's turn with the run is over" });
  return turnOver;
}

let turnOver: AppError | undefined;

/** What the run's next iteration sees. */
interface Seen {
  /** Grows with every iteration. */
  readonly history: SessionMessage[];
  /** Replaced by every iteration that changes it. */
  sessionState: SessionState;
  readonly children: readonly ChildRun[];
}

interface OpenStep extends StepHold {
  readonly task: TaskRecord;
  readonly seen: Seen;
  readonly handsOver: (staysHere: boolean) => Promise<boolean>;
}

/** Iterations up to and including the commit that they share. */
async function runStep(
  step: OpenStep,
  dependencies: RunTaskDependencies,
): Promise<{ committed: CommittedStep; goesOn: boolean } | undefined> {
  const { seen, handsOver, previews } = step;
  const { checkpoint, clock } = dependencies;
  const startedMs = clock.monotonic();
  let { task } = step;
  let carried: StepOutcome | undefined;
  for (let iterations = 1; ; iterations += 1) {
    const attributes = {
      'hector.task.id': task.id,
      'hector.invocation_id': task.child?.rootId ?? task.id,
      'hector.user_id': task.owner,
      'hector.step': task.step,
      'hector.epoch': task.epoch,
    };
    const result = await withSpan('hector.step.run', attributes, async () => {
      const latest = await takeStep({ task, ...seen }, step, dependencies).catch(async (error: unknown) => {
        if (carried !== undefined) await keep(task, carried, dependencies);
        throw error;
      });
      if (latest === undefined) return 'gone';
      const outcome = mergeOutcomes(carried, latest);
      const goesOn = latest.type === 'continue' && !(await handsOver(latest.staysHere === true));
      seen.history.push(...latest.messages);
      seen.sessionState = withDelta(seen.sessionState, latest.sessionState);
      if (goesOn && isCarriedOn(checkpoint, latest, { iterations, ageMs: clock.monotonic() - startedMs })) return outcome;
      // The commit shows all of it.
      previews.stop();
      const committed = await commitStep(task, outcome, goesOn, dependencies, seen);
      return committed === undefined ? 'gone' : { committed, goesOn };
    });
    if (result === 'gone') return undefined;
    if ('committed' in result) return result;
    carried = result;
    // What is previewed next continues this text.
    previews.flush();
    task = { ...task, control: carried.control };
  }
}

/** What was carried on is kept although its step ends badly: whoever tries again begins behind it. */
async function keep(task: TaskRecord, carried: StepOutcome, dependencies: RunTaskDependencies): Promise<void> {
  try {
    const committed = await commitStep(task, carried, false, dependencies);
    if (committed !== undefined) await publishStep(committed.events, dependencies);
  } catch (error) {
    dependencies.log.warn({ taskId: task.id, reason: describeError(error) }, 'iterations since the last commit are done again');
  }
}
