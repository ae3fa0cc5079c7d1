import { isTerminal } from '../../../protocol/task-state.js';
import type { RecordOutcome, StepRecord } from '../../../tasks/tool-call.js';
import { isInHands } from './in-hands.js';
import { isTaskId } from './rows.js';
import { prepareToolCalls } from './tool-calls.js';
import type { RunLogWrite } from './write-group.js';

/**
 * R3, R7: tool calls in the middle of a step. `updatedAt` moves with it, for people and lists; recovery goes by leases and does not ask.
 * Of a run that has ended, results of calls that this epoch began: a call that was made is known to have been made.
 */
export function recordWrite({ taskId, epoch, step, toolCalls, at }: StepRecord): RunLogWrite<RecordOutcome> {
  const calls = prepareToolCalls(taskId, toolCalls);
  return {
    ...(isTaskId(taskId) ? { taskId } : {}),
    locksSession: false,
    readsHead: false,
    toolCallKeys: calls.map((call) => call.callKey),
    decide: (set) => {
      const task = set.tasks.get(taskId);
      if (task === undefined) return 'lost';
      if (isInHands(task, { epoch, step })) {
        set.changeTask(task, { updatedAt: at });
        set.writeToolCalls(taskId, calls, { step, epoch, at });
        return 'recorded';
      }
      if (!isTerminal(task.record.state) || calls.some(({ status }) => status !== 'done')) return 'lost';
      const late = calls.filter(({ callKey }) => {
        const row = set.toolCalls.get(callKey);
        return row?.status === 'intended' && row.epoch === epoch && row.step === step;
      });
      if (late.length === 0) return 'lost';
      set.writeToolCalls(taskId, late, { step, epoch, at });
      return 'recorded';
    },
  };
}
