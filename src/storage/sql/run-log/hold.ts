/** A run leaves its worker's hands without a commit: given back, held for somebody's decision, or let go on (CHK-08). */
import type { HoldOutcome, ReleaseOptions, ResumeOutcome } from '../../../tasks/recovery-store.js';
import { endIfDue, isDue } from './expire.js';
import { isInHands } from './in-hands.js';
import { isTaskId } from './rows.js';
import { AGAIN, type Again, canEnd } from './tree.js';
import type { RunLogWrite } from './write-group.js';

interface Held {
  readonly taskId: string;
  readonly epoch: number;
  readonly at: number;
}

export function releaseWrite({ taskId, epoch, at, givesTakeBack = false }: Held & ReleaseOptions): RunLogWrite<void> {
  return {
    ...alone(taskId),
    decide: (set) => {
      const task = set.tasks.get(taskId);
      if (task === undefined || !isInHands(task, { epoch })) return;
      const takes = givesTakeBack ? Math.max(0, task.record.takes - 1) : task.record.takes;
      set.changeTask(task, { worker: '', takes, updatedAt: at });
    },
  };
}

export function holdWrite({ taskId, epoch, at, expiresAt }: Held & { readonly expiresAt?: number | undefined }): RunLogWrite<HoldOutcome> {
  return {
    ...alone(taskId),
    decide: (set) => {
      const task = set.tasks.get(taskId);
      if (task === undefined || !isInHands(task, { epoch })) return { type: 'lost' };
      return { type: 'held', task: set.changeTask(task, { worker: '', heldSince: at, expiresAt, updatedAt: at }).record };
    },
  };
}

export interface ResumeInput {
  readonly taskId: string;
  readonly owner: string | undefined;
  readonly at: number;
  readonly wholeTree: boolean;
}

export function resumeWrite({ taskId, owner, at, wholeTree }: ResumeInput): RunLogWrite<ResumeOutcome | Again> {
  return {
    ...alone(taskId),
    // When it is due, it ends instead and hands its session over.
    locksSession: true,
    readsHead: true,
    wholeTree,
    decide: (set) => {
      const task = set.tasks.get(taskId);
      if (task === undefined || (owner !== undefined && task.record.owner !== owner)) return { type: 'not-found' };
      if (task.record.heldSince === undefined) return { type: 'not-held', task: task.record };
      if (isDue(task, at) && !canEnd(set, task)) return AGAIN;
      const expired = endIfDue(set, task, at);
      if (expired !== undefined) return { type: 'expired', ...expired };
      return {
        type: 'resumed',
        task: set.changeTask(task, { heldSince: undefined, resumedAt: at, expiresAt: undefined, updatedAt: at }).record,
      };
    },
  };
}

/** It keeps its place in its session, so nobody else's turn comes. */
function alone(taskId: string): Pick<RunLogWrite<unknown>, 'taskId' | 'locksSession' | 'readsHead'> {
  return { ...(isTaskId(taskId) ? { taskId } : {}), locksSession: false, readsHead: false };
}
