import { isoTime } from '../base/clock.js';
import { isInterrupted } from '../protocol/task-state.js';
import type { TaskRecord } from './task-store.js';

/** Why a run ended that nobody answered, resumed or discarded in time (CHK-11): what its last status says. */
export function describeExpiry({ state, expiresAt = 0 }: Pick<TaskRecord, 'state' | 'expiresAt'>): string {
  const until = isoTime(expiresAt);
  return isInterrupted(state)
    ? `Nobody answered until ${until}: the run waited as long as it was to (server.approval.expires_after, unless its agent says otherwise)`
    : `The run's worker died, and nobody resumed or discarded it until ${until} (storage.checkpoint.recovery.timeout)`;
}
