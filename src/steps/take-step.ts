import type { StepOutcome, StepState } from '../agents/agent.js';
import { AppError, describeError, hasCode, toAppError } from '../base/errors.js';
import { exceedsJsonBytes } from '../base/json-size.js';
import type { TaskLease } from '../tasks/coordination.js';
import type { TaskEvent } from '../tasks/task-event.js';
import type { TaskRecord, TaskStore } from '../tasks/task-store.js';
import { checkpointPoints } from './checkpoint-policy.js';
import type { RunTaskDependencies } from './run-task-dependencies.js';
import { failedOutcome } from './step-commit.js';
import { createStepLedger } from './step-ledger.js';
import type { StepPreviews } from './step-previews.js';

/**
 * Lets the agent do one step. `undefined`: the task was canceled or another worker has it, and there is nothing to commit.
 * @throws the reason when the lease was lost or the worker is ending, and what may pass when the agent is tried again: nothing is
 *   known about who continues, so the job is tried again; whoever has the task by then makes that try a short one.
 */
export async function takeStep(
  state: StepState,
  { signal, turn, lease, previews }: { signal: AbortSignal; turn: AbortSignal; lease: Pick<TaskLease, 'lost'>; previews: StepPreviews },
  { getAgent, store, checkpoint, maxEventBytes = DEFAULT_MAX_EVENT_BYTES, clock, log }: RunTaskDependencies,
): Promise<StepOutcome | undefined> {
  const { task } = state;
  const agent = await getAgent(task.configVersion, task.agent);
  const preview = (artifactId: string, text: string): void => {
    if (!signal.aborted) previews.add(artifactId, text);
  };
  try {
    signal.throwIfAborted();
    const ledger = createStepLedger(task, store, lease, clock);
    const readEvents = () => readAllEvents(store, task);
    const points = checkpointPoints(checkpoint);
    const outcome = await agent.runStep(state, { signal, turn, readEvents, preview, ledger, checkpoint: points });
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

async function readAllEvents(store: Pick<TaskStore, 'events'>, { id, seq }: TaskRecord): Promise<readonly TaskEvent[]> {
  const all: TaskEvent[] = [];
  for (;;) {
    const after = all.at(-1)?.seq ?? 0;
    const events = after >= seq ? [] : await store.events(id, after, Math.min(EVENTS_PER_READ, seq - after));
    if (events.length === 0) return all;
    for (const event of events) all.push(event);
  }
}

const EVENTS_PER_READ = 1_000;
const DEFAULT_MAX_EVENT_BYTES = 8 * 1024 * 1024;

/** Tries of one step that end in a temporary failure of the agent, before the run fails. */
const MAX_TRIES = 5;
