import { describeExpiry } from '../../../tasks/describe-expiry.js';
import type { ExpireOutcome } from '../../../tasks/recovery-store.js';
import { transition } from '../../../tasks/transition.js';
import { type EndedRun, endRun } from './end-run.js';
import { isTaskId, type StoredTask } from './rows.js';
import type { WorkingSet } from './working-set.js';
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
      const ended = task === undefined ? undefined : endIfDue(set, task, at, reason);
      return ended === undefined ? { type: 'not-due' } : { type: 'expired', ...ended };
    },
  };
}

/** Whoever comes to a run whose time is over ends it, so that no answer is taken late because the keeper is. */
export function endIfDue(set: WorkingSet, task: StoredTask, at: number, reason = describeExpiry(task.record)): EndedRun | undefined {
  if (task.record.expiresAt === undefined || task.record.expiresAt > at) return undefined;
  const verdict = transition(task.record.state, { type: 'expire' });
  return verdict.type === 'refused' ? undefined : endRun(set, task, { state: verdict.state, reason, at });
}
