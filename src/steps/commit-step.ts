import type { StepOutcome, StepState } from '../agents/agent.js';
import { faultPoint } from '../base/fault-points.js';
import { withSpan } from '../observe/trace.js';
import type { TaskEvent } from '../tasks/task-event.js';
import type { TaskRecord } from '../tasks/task-store.js';
import type { RunTaskDependencies } from './run-task-dependencies.js';
import { toCommit } from './step-commit.js';

export interface CommittedStep {
  readonly task: TaskRecord;
  /** Committed, to be published. */
  readonly events: readonly TaskEvent[];
  readonly ended: boolean;
  /** Others that became runnable by it: the session's next waiting run, children, the parent. */
  readonly wakes: readonly TaskRecord[];
}

/** `undefined`: somebody else has the task, or it was canceled (R2, R3, R5). */
export async function commitStep(
  task: TaskRecord,
  outcome: StepOutcome,
  goesOn: boolean,
  { store, clock, metrics }: RunTaskDependencies,
  seen: Pick<StepState, 'children' | 'sessionState'> = {},
): Promise<CommittedStep | undefined> {
  const commit = toCommit(task, outcome, { at: clock.now(), goesOn, seen });
  await faultPoint('step.before-commit');
  const attributes = { 'hector.task.id': task.id, 'hector.step': task.step };
  const result = await withSpan('hector.step.commit', attributes, () => store.commit(commit));
  if (result.type === 'lost') {
    metrics.fencedCommits.inc();
    return undefined;
  }
  await faultPoint('step.after-commit');
  const wakes = [...(result.next === undefined ? [] : [result.next]), ...(result.wakes ?? [])];
  return { task: result.task, events: result.events, ended: outcome.type !== 'continue', wakes };
}

/** After the commit, never before: what somebody hears of a run is in its log. */
export async function publishStep(events: readonly TaskEvent[], { publisher }: Pick<RunTaskDependencies, 'publisher'>): Promise<void> {
  await withSpan('hector.feed.publish', { 'hector.task.id': events[0]?.taskId ?? '' }, () => publisher.publishEvents(events));
}
