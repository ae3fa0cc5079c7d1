import type { Queue } from 'bullmq';
import type { Clock } from '../base/clock.js';
import type { QueueCounts } from '../tasks/step-queue.js';

/** What lies in one queue. @throws while Redis is away */
export async function readCounts(queue: Queue, clock: Clock): Promise<QueueCounts> {
  const [counts, oldest, workers] = await Promise.all([
    // Those with a priority wait for the turn of their owner.
    queue.getJobCounts('wait', 'prioritized', 'active', 'delayed', 'failed'),
    Promise.all((['wait', 'prioritized'] as const).map((type) => queue.getJobs([type], 0, 0, true))),
    queue.getWorkers(),
  ]);
  const { wait = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts;
  return {
    name: queue.name,
    waiting: wait + prioritized,
    active,
    delayed,
    failed,
    oldestWaitingMs: Math.max(0, ...oldest.flat().map(({ timestamp }) => clock.now() - timestamp)),
    // What BullMQ answers where the server refuses CLIENT LIST has no id.
    workers: workers.some((worker) => worker['id'] === undefined) ? undefined : workers.length,
  };
}
