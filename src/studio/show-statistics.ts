import { isoTime } from '../base/clock.js';
import type { OwnerScope } from '../tasks/owner-scope.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** `GET /api/checkpoints/stats` (CHK-12), over the caller's runs that have not ended. */
export async function showStatistics({ recovery, clock }: StudioPorts, owner: OwnerScope): Promise<StudioResponse> {
  const now = clock.now();
  const { oldestCreatedAt, ...counts } = await recovery.statistics(owner, now);
  return {
    status: 200,
    body: {
      total: counts.total,
      queued: counts.queued,
      working: counts.working,
      input_required: counts.inputRequired,
      held: counts.held,
      expired: counts.expired,
      ...(oldestCreatedAt === 0 ? {} : { oldest_created_at: isoTime(oldestCreatedAt), oldest_age_ms: Math.max(0, now - oldestCreatedAt) }),
    },
  };
}
