import { isRunnable } from '../../../protocol/task-state.js';
import type { StoredTask } from './rows.js';
import type { WorkingSet } from './working-set.js';

/** The run that waited for `ended` (as it was before), if its end put that one first in the session. */
export function nextAfter(set: WorkingSet, ended: StoredTask): StoredTask | undefined {
  if (!isRunnable(ended.record.state)) return undefined;
  const head = set.findHead(ended.sessionId);
  return head !== undefined && head.record.turn > ended.record.turn ? head : undefined;
}
