import type { StepOutcome, StepState } from '../agents/agent.js';
import { faultPoint } from '../base/fault-points.js';
import { withSpan } from '../observe/trace.js';
import type { SessionMessage } from '../tasks/session-message.js';
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
  seen: Partial<Pick<StepState, 'history' | 'children' | 'sessionState'>> = {},
): Promise<CommittedStep | undefined> {
  const commit = toCommit(task, outcome, { at: clock.now(), goesOn, seen });
  await faultPoint('step.before-commit');
  const attributes = { 'hector.task.id': task.id, 'hector.step': task.step };
  const result = await withSpan('hector.step.commit', attributes, async (span) => {
    const committed = await store.commit(commit);
    if (committed.type === 'committed' && span.isRecording())
      span.setAttribute(
        'hector.event_id',
        committed.events.map(({ taskId, seq }) => `${taskId}.${seq}`),
      );
    return committed;
  });
  if (result.type === 'lost') {
    metrics.count('fenced_commits_total', {});
    return undefined;
  }
  countCommitted(result.events, task, outcome, seen.history, { clock, metrics });
  await faultPoint('step.after-commit');
  const wakes = [...(result.next === undefined ? [] : [result.next]), ...(result.wakes ?? [])];
  return { task: result.task, events: result.events, ended: outcome.type !== 'continue', wakes };
}

/** What the commit says of the run, for whoever watches (OBS-13). */
function countCommitted(
  events: readonly TaskEvent[],
  task: TaskRecord,
  outcome: StepOutcome,
  history: readonly SessionMessage[] = [],
  { clock, metrics }: Pick<RunTaskDependencies, 'clock' | 'metrics'>,
): void {
  const { agent } = task;
  for (const { type } of events) metrics.count('session_events_total', { agent, event_type: type });
  const status = STATUS[outcome.type];
  if (status === undefined) return;
  metrics.count('agent_requests_total', { agent, status });
  // A run that goes on after a question is a request of its own, from the answer on.
  const askedAt = history.findLast(({ role }) => role === 'user')?.createdAt ?? task.createdAt;
  metrics.observe('agent_request_duration_seconds', { agent }, Math.max(0, clock.now() - askedAt) / 1_000);
  if (outcome.type !== 'failed') return;
  const error_type = outcome.errorCode ?? 'AGENT_FAILED';
  metrics.count('agent_errors_total', { agent, error_type });
  metrics.count('errors_total', { component: 'agent', error_type });
}

const STATUS: Readonly<Partial<Record<StepOutcome['type'], string>>> = {
  finished: 'success',
  failed: 'error',
  rejected: 'rejected',
  wait: 'input_required',
};

/** After the commit, never before: what somebody hears of a run is in its log. */
export async function publishStep(events: readonly TaskEvent[], { publisher }: Pick<RunTaskDependencies, 'publisher'>): Promise<void> {
  await withSpan('hector.feed.publish', { 'hector.task.id': events[0]?.taskId ?? '' }, () => publisher.publishEvents(events));
}
