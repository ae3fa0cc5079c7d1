import type { TaskState } from '../protocol/a2a.js';
import { isInterrupted, isTerminal } from '../protocol/task-state.js';

/** What somebody wants to do to a task. */
export type TaskCommand =
  /** A further message of the user (M7). */
  | { readonly type: 'continue' }
  /** A worker begins or takes over (R3). */
  | { readonly type: 'take' }
  /** A worker ends a step and names the state after it (R2). */
  | { readonly type: 'commit'; readonly state: TaskState }
  /** The owner calls it off (R6). */
  | { readonly type: 'cancel' }
  /** It waited for somebody until its time was up (CHK-11). */
  | { readonly type: 'expire' };

export type TransitionVerdict =
  | { readonly type: 'allowed'; readonly state: TaskState }
  | {
      readonly type: 'refused';
      /** `terminal` (R5), `waiting` for input, `busy` with earlier work, or `impossible` from any state. */
      readonly reason: 'terminal' | 'waiting' | 'busy' | 'impossible';
    };

/** The only place that knows which state may follow which. Stores apply its verdict inside their transaction. */
export function transition(from: TaskState, command: TaskCommand): TransitionVerdict {
  if (isTerminal(from)) return refused('terminal');
  switch (command.type) {
    case 'continue':
      return isInterrupted(from) ? allowed('TASK_STATE_WORKING') : refused('busy');
    case 'take':
      return isInterrupted(from) ? refused('waiting') : allowed('TASK_STATE_WORKING');
    case 'commit':
      if (isInterrupted(from)) return refused('waiting');
      return command.state === 'TASK_STATE_SUBMITTED' ? refused('impossible') : allowed(command.state);
    case 'cancel':
      return allowed('TASK_STATE_CANCELED');
    case 'expire':
      return allowed('TASK_STATE_FAILED');
  }
}

function allowed(state: TaskState): TransitionVerdict {
  return { type: 'allowed', state };
}

function refused(reason: Extract<TransitionVerdict, { type: 'refused' }>['reason']): TransitionVerdict {
  return { type: 'refused', reason };
}
