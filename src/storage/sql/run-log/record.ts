import type { RecordOutcome, StepRecord } from '../../../tasks/tool-call.js';
import { isInHands } from './in-hands.js';
import { isTaskId } from './rows.js';
import { prepareToolCalls } from './tool-calls.js';
import type { RunLogWrite } from './write-group.js';

/** R3, R7: tool calls in the middle of a step. `updatedAt` moves with it, for people and lists; recovery goes by leases and does not ask. */
export function recordWrite({ taskId, epoch, step, toolCalls, at }: StepRecord): RunLogWrite<RecordOutcome> {
  const calls = prepareToolCalls(taskId, toolCalls);
  return {
    ...(isTaskId(taskId) ? { taskId } : {}),
    locksSession: false,
    readsHead: false,
    toolCallKeys: calls.map((call) => call.callKey),
    decide: (set) => {
      const task = set.tasks.get(taskId);
      if (task === undefined || !isInHands(task, { epoch, step })) return 'lost';
      set.changeTask(task, { updatedAt: at });
      set.writeToolCalls(taskId, calls, { step, at });
      return 'recorded';
    },
  };
}
