import type { StepLedger } from '../agents/agent.js';
import { throwIfAborted } from '../base/abort.js';
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { faultPoint } from '../base/fault-points.js';
import type { TaskLease } from '../tasks/coordination.js';
import type { TaskRecord } from '../tasks/task-store.js';
import type { ToolCallStore } from '../tasks/tool-call.js';

/**
 * The ledger as one step sees it: every write carries the step's epoch (R3, R7). What follows a write acts on the world. A process that
 * was stopped meanwhile hears the answer to its write before its timers tell it that the lease is over, and by then another worker may
 * have acted: so the lease is looked at once more.
 */
export function createStepLedger(task: TaskRecord, store: ToolCallStore, lease: Pick<TaskLease, 'lost'>, clock: Clock): StepLedger {
  return {
    async find(callIds) {
      const calls = callIds.length === 0 ? [] : await store.toolCalls(task.id, { callIds });
      return new Map(calls.map((call) => [call.callId, call]));
    },
    async findInSession(callIds) {
      // What a child inherits has calls of the runs above it.
      const runs = callIds.length === 0 ? [] : [...(task.child?.inherits ?? []).map(({ taskId }) => taskId), task.id];
      const calls = (await Promise.all(runs.map((id) => store.sessionToolCalls(id, callIds)))).flat();
      return new Map(calls.map((call) => [call.callId, call]));
    },
    async record(toolCalls) {
      if (toolCalls.length === 0) return;
      await faultPoint('ledger.before-record');
      const outcome = await store.record({ taskId: task.id, epoch: task.epoch, step: task.step, toolCalls, at: clock.now() });
      if (outcome === 'lost') throw new AppError('TASK_LOST', { message: `Task ${task.id}: another worker has it, or it has ended` });
      await faultPoint('ledger.after-record');
      throwIfAborted(lease.lost);
    },
  };
}
