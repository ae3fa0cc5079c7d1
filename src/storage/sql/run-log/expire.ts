import type { ExpireOutcome } from '../../../tasks/recovery-store.js';
import { transition } from '../../../tasks/transition.js';
import { endRun } from './end-run.js';
import { isTaskId } from './rows.js';
import type { RunLogWrite } from './write-group.js';

export interface ExpireInput {
  readonly taskId: string;
  readonly reason: string;
  readonly at: number;
}

/** CHK-11. A held run stands in front of its session, so its end lets the next one go on. */
export function expireWrite({ taskId, reason, at }: ExpireInput): RunLogWrite<ExpireOutcome> {
  return {
    ...(isTaskId(taskId) ? { taskId } : {}),
    locksSession: true,
    readsHead: true,
    decide: (set) => {
      const task = set.tasks.get(taskId);
      if (task?.record.expiresAt === undefined || task.record.expiresAt > at) return { type: 'not-due' };
      const verdict = transition(task.record.state, { type: 'expire' });
      if (verdict.type === 'refused') return { type: 'not-due' };
      return { type: 'expired', ...endRun(set, task, { state: verdict.state, reason, at }) };
    },
  };
}
