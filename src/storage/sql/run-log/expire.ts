import { isInterrupted } from '../../../protocol/task-state.js';
import { describeExpiry } from '../../../tasks/describe-expiry.js';
import type { ExpireOutcome } from '../../../tasks/recovery-store.js';
import { transition } from '../../../tasks/transition.js';
import { type EndedRun, endRun } from './end-run.js';
import { isTaskId, type StoredTask } from './rows.js';
import { AGAIN, type Again, canEnd, restsAbove } from './tree.js';
import type { WorkingSet } from './working-set.js';
import type { RunLogWrite } from './write-group.js';

export interface ExpireInput {
  readonly taskId: string;
  readonly reason: string;
  readonly at: number;
  readonly wholeTree: boolean;
}

/** CHK-11. A held run stands in front of its session, so its end lets the next one go on. */
export function expireWrite({ taskId, reason, at, wholeTree }: ExpireInput): RunLogWrite<ExpireOutcome | Again> {
  return {
    ...(isTaskId(taskId) ? { taskId } : {}),
    locksSession: true,
    readsHead: true,
    wholeTree,
    decide: (set) => {
      const task = set.tasks.get(taskId);
      if (task !== undefined && isDue(task, at) && !canEnd(set, task)) return AGAIN;
      if (task !== undefined && isDue(task, at) && isInterrupted(task.record.state)) {
        const rests = restsAbove(set, task);
        if (rests === 'unknown') return AGAIN;
        // The keeper comes again.
        if (!rests) return { type: 'not-due' };
      }
      const ended = task === undefined ? undefined : endIfDue(set, task, at, reason);
      return ended === undefined ? { type: 'not-due' } : { type: 'expired', ...ended };
    },
  };
}

export function isDue({ record }: StoredTask, at: number): boolean {
  return record.expiresAt !== undefined && record.expiresAt <= at;
}

/** Whoever comes to a run whose time is over ends it, so that no answer is taken late because the keeper is. It must be one that `canEnd`. */
export function endIfDue(set: WorkingSet, task: StoredTask, at: number, reason = describeExpiry(task.record)): EndedRun | undefined {
  if (!isDue(task, at)) return undefined;
  const verdict = transition(task.record.state, { type: 'expire' });
  return verdict.type === 'refused' ? undefined : endRun(set, task, { state: verdict.state, reason, at });
}
