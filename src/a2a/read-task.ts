/** A task's log, read and folded. */
import { ownerOf } from '../access/principal.js';
import { AppError } from '../base/errors.js';
import type { TaskHead, TaskRecord, TaskStore } from '../tasks/task-store.js';
import type { OperationCall } from './operation-call.js';
import { TaskView } from './project-task.js';

const EVENTS_PER_READ = 1000;

/** E7: a task of another owner, agent or tenant looks exactly like one that never was (S6, K2, T8, N2, U1). */
export async function getTaskRecord(store: TaskStore, taskId: string, call: OperationCall): Promise<TaskRecord> {
  return assertTheirs(await store.find(taskId, ownerOf(call.principal)), taskId, call);
}

/** The same, of no more than is asked for again and again. */
export async function getTaskHead(store: TaskStore, taskId: string, call: OperationCall): Promise<TaskHead> {
  return assertTheirs(await store.findHead(taskId, ownerOf(call.principal)), taskId, call);
}

function assertTheirs<T extends TaskHead>(task: T | undefined, taskId: string, call: OperationCall): T {
  if (task === undefined || task.agent !== call.agent || task.tenant !== call.tenant) {
    throw new AppError('TASK_NOT_FOUND', { message: `Task '${taskId}' not found` });
  }
  return task;
}

/** The fold of the events up to and including `upToSeq`; by default of all. */
export async function readTaskView(store: Pick<TaskStore, 'events'>, taskId: string, upToSeq = Number.MAX_SAFE_INTEGER): Promise<TaskView> {
  const view = new TaskView();
  for (;;) {
    const limit = Math.min(EVENTS_PER_READ, upToSeq - view.seq);
    if (limit <= 0) return view;
    const events = await store.events(taskId, view.seq, limit);
    for (const event of events) view.apply(event);
    if (events.length < limit) return view;
  }
}
