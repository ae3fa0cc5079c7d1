/**
 * `POST /api/tasks/{taskId}/toolCalls/{callId}/cancel` (API-09): stops one call that runs, on whatever worker; its run goes on.
 *
 * The worker that has the call decides; what the log says of it only explains why nobody has it.
 */
import { AppError } from '../base/errors.js';
import { isJsonObject } from '../base/json.js';
import { isTerminal } from '../protocol/task-state.js';
import type { TaskRecord } from '../tasks/task-store.js';
import { findCall } from './decide-tool-call.js';
import { getRun, isPossibleId, type RunReference, SHOWN_CHARACTERS } from './get-run.js';
import { newestFirst } from './open-questions.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

export async function cancelToolCall(ports: StudioPorts, run: RunReference, callId: string): Promise<StudioResponse> {
  const task = await getRun(ports, run);
  const isStopped = isPossibleId(callId) && !isTerminal(task.state) && (await ports.callSignals.cancel({ taskId: task.id, callId }));
  if (!isStopped) throw await notRunning(ports, run, callId);
  return { status: 200, body: { cancelled: true, task_id: task.id, call_id: callId } };
}

async function notRunning(ports: StudioPorts, run: RunReference, callId: string): Promise<AppError> {
  // It may have ended since the workers were asked.
  const task = await getRun(ports, run);
  const reason = isPossibleId(callId) ? await findReason(ports, task, callId) : undefined;
  if (reason !== undefined) return new AppError('TOOL_CALL_NOT_RUNNING', { message: `The call '${callId}' cannot be canceled: ${reason}` });
  return new AppError('TOOL_CALL_NOT_FOUND', {
    message: `Task '${task.id}' has made no call '${callId.slice(0, SHOWN_CHARACTERS)}'`,
  });
}

/** `undefined`: nothing is known of such a call. */
async function findReason(ports: StudioPorts, task: TaskRecord, callId: string): Promise<string | undefined> {
  const row = await findCall(ports, task, callId);
  const status = row?.status ?? (await findShown(ports, task, callId));
  switch (status) {
    case undefined:
      return undefined;
    case 'done':
    case 'denied':
      return `it has ended (${status})`;
    case 'awaiting':
    case 'unknown':
      return `it waits for a decision; POST /api/tasks/${task.id}/toolCalls/${callId}/decision takes one`;
    case 'approved':
    case 'intended':
    case 'asked':
      return isTerminal(task.state)
        ? `its run has ended (${task.state})`
        : `no worker runs it at this moment; GET /api/tasks/${task.id}/why tells what the run does. What an agent does as a tool is stopped by its own calls, or with the task`;
  }
}

/** What clients were shown of a call that the ledger does not keep. */
async function findShown({ tasks }: StudioPorts, task: TaskRecord, callId: string): Promise<'asked' | 'done' | undefined> {
  for await (const event of newestFirst(tasks, task)) {
    if (event.type !== 'artifact.updated') continue;
    const found = event.artifact.parts.flatMap(({ data }) => (isJsonObject(data) ? [data] : []));
    if (found.some(({ type, tool_call_id: id }) => type === 'tool_result' && id === callId)) return 'done';
    if (found.some(({ type, id }) => type === 'tool_use' && id === callId)) return 'asked';
  }
  return undefined;
}
