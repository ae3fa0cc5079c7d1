import type { Agent, StepOutcome, StepState } from '../agents/agent.js';
import { AppError, describeError, hasCode, toAppError } from '../base/errors.js';
import { exceedsJsonBytes } from '../base/json-size.js';
import type { TaskLease } from '../tasks/coordination.js';
import type { TaskEvent } from '../tasks/task-event.js';
import type { TaskRecord } from '../tasks/task-store.js';
import { assertBranch } from './assert-branch.js';
import { checkpointPoints } from './checkpoint-policy.js';
import { readRunEvents } from './read-run-events.js';
import type { RunTaskDependencies } from './run-task-dependencies.js';
import { failedOutcome } from './step-commit.js';
import { createStepLedger } from './step-ledger.js';
import type { StepPreviews } from './step-previews.js';

export interface StepHold {
  readonly agent: Agent;
  /** The run's events when the turn began, where they are known. */
  readonly log: readonly TaskEvent[];
  readonly signal: AbortSignal;
  /** Aborted when the worker's turn with the run is over. */
  readonly turn: AbortSignal;
  readonly lease: Pick<TaskLease, 'lost'>;
  readonly previews: StepPreviews;
}

/**
 * Lets the agent do one step. `undefined`: the task was canceled or another worker has it, and there is nothing to commit.
 * @throws the reason when the lease was lost or the worker is ending, and what may pass when the agent is tried again: nothing is
 *   known about who continues, so the job is tried again; whoever has the task by then makes that try a short one.
 */
export async function takeStep(
  state: StepState,
  { agent, log: knownLog, signal, turn, lease, previews }: StepHold,
  { store, running, checkpoint, maxEventBytes = DEFAULT_MAX_EVENT_BYTES, clock, log }: RunTaskDependencies,
): Promise<StepOutcome | undefined> {
  const { task } = state;
  const preview = (artifactId: string, text: string): void => {
    // Previews stand behind one log's last event, which siblings move: what a child puts out shows with its commits.
    if (!signal.aborted && task.child === undefined) previews.add(artifactId, text);
  };
  try {
    signal.throwIfAborted();
    const ledger = createStepLedger(task, store, lease, clock);
    const readEvents = async () => (knownLog.at(-1)?.seq === task.seq ? asStored(knownLog) : readRunEvents(store, task));
    const points = checkpointPoints(checkpoint);
    const outcome = await agent.runStep(state, {
      signal,
      turn,
      readEvents,
      preview,
      ledger,
      checkpoint: points,
      calls: running.callsOf(task),
    });
    if (outcome.type === 'branch') assertBranch(outcome, state);
    assertSize(outcome, task, maxEventBytes);
    return outcome;
  } catch (error) {
    if (signal.aborted) {
      log.info({ taskId: task.id, step: task.step, reason: describeError(signal.reason) }, 'a step was called off');
      if (hasCode(signal.reason, 'TASK_CANCELED')) return undefined;
      throw signal.reason;
    }
    const failure = toAppError(error);
    if (failure.code === 'TASK_LOST') return undefined;
    if (failure.disposition === 'retry' && task.takes < MAX_TRIES) throw failure;
    log.error({ taskId: task.id, step: task.step, agent: task.agent, err: failure }, 'a step failed');
    return failedOutcome(task, failure);
  }
}

/** Whoever is given it may change it, and the answer is made of the same events. */
function asStored(events: readonly TaskEvent[]): readonly TaskEvent[] {
  return JSON.parse(JSON.stringify(events)) as readonly TaskEvent[];
}

/**
 * No agent of any kind gets around it: an event that the database refuses, or that is sent to nobody in one piece, would be made anew by
 * each worker that takes the run.
 */
function assertSize(outcome: StepOutcome, { agent }: TaskRecord, maxEventBytes: number): void {
  const { events } = outcome;
  const status = 'statusMessage' in outcome ? [outcome.statusMessage, outcome.statusMetadata] : [];
  if (!exceedsJsonBytes([events, status], maxEventBytes)) return;
  throw new AppError('AGENT_RESPONSE_INVALID', {
    message: `The agent '${agent}' answered with more than one step may add to a task: server.limits.max_event_bytes allows ${maxEventBytes} bytes of artifacts and status messages`,
  });
}

const DEFAULT_MAX_EVENT_BYTES = 8 * 1024 * 1024;

/** Tries of one step that end in a temporary failure of the agent, before the run fails. */
const MAX_TRIES = 5;
