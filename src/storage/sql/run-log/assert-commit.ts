import { AppError } from '../../../base/errors.js';
import { isInterrupted, isTerminal } from '../../../protocol/task-state.js';
import type { StepCommit } from '../../../tasks/task-store.js';
import { transition } from '../../../tasks/transition.js';

/** The row's state is `commit.state`; its events must tell followers the same, and nothing after the end (R5). */
export function assertConsistent(commit: StepCommit): void {
  if (transition('TASK_STATE_WORKING', { type: 'commit', state: commit.state }).type === 'refused') {
    throw inconsistent(commit, `no step ends in ${commit.state}`);
  }
  if (commit.expiresAt !== undefined && !isInterrupted(commit.state)) {
    throw inconsistent(commit, `it expires, but a task does not wait in ${commit.state}`);
  }
  if (commit.branch !== undefined && commit.state !== 'TASK_STATE_WORKING') {
    throw inconsistent(commit, `it branches, but its state is ${commit.state}`);
  }
  if (commit.branch !== undefined && commit.branch.starts.length + commit.branch.says.length === 0) {
    throw inconsistent(commit, 'it branches into nothing: no start and no message');
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

export function inconsistent({ taskId, step }: StepCommit, reason: string): AppError {
  return new AppError('INTERNAL', { message: `the commit of step ${step} of task ${taskId} contradicts itself: ${reason}` });
}
