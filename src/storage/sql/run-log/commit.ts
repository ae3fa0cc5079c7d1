import { AppError } from '../../../base/errors.js';
import { isInterrupted, isRunnable, isTerminal } from '../../../protocol/task-state.js';
import type { CommitOutcome, StepCommit } from '../../../tasks/task-store.js';
import { transition } from '../../../tasks/transition.js';
import { nextAfter } from './hand-over.js';
import { isInHands } from './in-hands.js';
import { isTaskId, NOBODY } from './rows.js';
import { type PreparedToolCall, prepareToolCalls } from './tool-calls.js';
import type { WorkingSet } from './working-set.js';
import type { RunLogWrite } from './write-group.js';

/** R2–R5: one step, once, under the newest epoch. */
export function commitWrite(commit: StepCommit): RunLogWrite<CommitOutcome> {
  assertConsistent(commit);
  const eventJsons = commit.events.map((body) => JSON.stringify(body));
  const messageJsons = commit.messages.map((message) => JSON.stringify(message));
  const calls = prepareToolCalls(commit.taskId, commit.toolCalls ?? []);
  const endsRun = !isRunnable(commit.state);
  return {
    ...(isTaskId(commit.taskId) ? { taskId: commit.taskId } : {}),
    locksSession: endsRun || messageJsons.length > 0,
    readsHead: endsRun,
    toolCallKeys: calls.map((call) => call.callKey),
    decide: (set) => decide(set, commit, calls, eventJsons, messageJsons),
  };
}

function decide(
  set: WorkingSet,
  commit: StepCommit,
  calls: readonly PreparedToolCall[],
  eventJsons: readonly string[],
  messageJsons: readonly string[],
): CommitOutcome {
  const { taskId, at } = commit;
  const task = set.tasks.get(taskId);
  const verdict = task === undefined ? undefined : transition(task.record.state, { type: 'commit', state: commit.state });
  if (task === undefined || verdict?.type !== 'allowed' || !isInHands(task, commit)) return { type: 'lost', task: task?.record };
  const changed = verdict.state !== task.record.state;
  if (changed && !commit.events.some((event) => event.type === 'status.changed')) {
    throw inconsistent(commit, `the state changes from ${task.record.state} to ${commit.state} without a status.changed event`);
  }
  set.changeTask(task, {
    ...NOBODY,
    state: verdict.state,
    takes: 0,
    step: commit.step + 1,
    control: commit.control,
    worker: commit.goesOn === true && isRunnable(verdict.state) ? task.record.worker : '',
    expiresAt: commit.expiresAt,
    updatedAt: at,
  });
  set.writeToolCalls(taskId, calls, { step: commit.step, epoch: commit.epoch, at });
  for (const json of messageJsons) set.appendMessage(set.openSession(task.record, taskId, at), taskId, json, at);
  const events = commit.events.map((body, index) => set.appendEvent(taskId, body, at, eventJsons[index]));
  const next = isRunnable(verdict.state) ? undefined : nextAfter(set, task);
  return { type: 'committed', task: set.getTask(taskId).record, events, ...(next === undefined ? {} : { next: next.record }) };
}

/** The row's state is `commit.state`; its events must tell followers the same, and nothing after the end (R5). */
function assertConsistent(commit: StepCommit): void {
  if (transition('TASK_STATE_WORKING', { type: 'commit', state: commit.state }).type === 'refused') {
    throw inconsistent(commit, `no step ends in ${commit.state}`);
  }
  if (commit.expiresAt !== undefined && !isInterrupted(commit.state)) {
    throw inconsistent(commit, `it expires, but a task does not wait in ${commit.state}`);
  }
  const last = commit.events.findLastIndex((event) => event.type === 'status.changed');
  const status = commit.events[last];
  if (status?.type === 'status.changed' && status.status.state !== commit.state) {
    throw inconsistent(commit, `its last status event says ${status.status.state}, its state is ${commit.state}`);
  }
  const after = commit.events.find(
    (event, index) => (index > last && last >= 0 && isTerminal(commit.state)) || event.type === 'task.created',
  );
  if (after !== undefined) throw inconsistent(commit, `a ${after.type} event cannot stand there`);
}

function inconsistent({ taskId, step }: StepCommit, reason: string): AppError {
  return new AppError('INTERNAL', { message: `the commit of step ${step} of task ${taskId} contradicts itself: ${reason}` });
}
