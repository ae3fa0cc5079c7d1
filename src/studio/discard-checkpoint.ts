import { hasCode } from '../base/errors.js';
import { newId } from '../base/ids.js';
import type { Message } from '../protocol/a2a.js';
import { isTerminal } from '../protocol/task-state.js';
import type { TaskRecord } from '../tasks/task-store.js';
import { viewRun } from './checkpoint-view.js';
import { getRun, type RunReference } from './get-run.js';
import { ended } from './resume-checkpoint.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** `DELETE /api/checkpoints/{taskId}` (CHK-08): ends a run that has not ended, whatever it does (R6). */
export async function discardCheckpoint(ports: StudioPorts, run: RunReference): Promise<StudioResponse> {
  const task = await getRun(ports, run);
  if (isTerminal(task.state)) throw ended(task.id, task.state);
  return { status: 200, body: viewRun(await cancel(ports, task), false) };
}

async function cancel(ports: StudioPorts, task: TaskRecord): Promise<TaskRecord> {
  try {
    return await ports.cancelTask(task.id, task.owner, discardMessage(task, ports.clock.now()));
  } catch (error) {
    // It ended while it was asked to.
    if (!hasCode(error, 'TASK_NOT_CANCELABLE')) throw error;
    throw ended(task.id, (await getRun(ports, { taskId: task.id, owner: task.owner })).state);
  }
}

function discardMessage({ id, contextId, step }: TaskRecord, at: number): Message {
  const text = `The run was discarded before step ${step} was committed`;
  return { messageId: newId(at), taskId: id, contextId, role: 'ROLE_AGENT', parts: [{ text }] };
}
