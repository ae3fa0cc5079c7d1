import type { Queue } from 'bullmq';
import type { Clock } from '../base/clock.js';
import type { QueueCounts } from '../tasks/step-queue.js';

/** What lies in one queue. @throws while Redis is away */
export async function readCounts(queue: Queue, clock: Clock): Promise<QueueCounts> {
  const [counts, [next], workers] = await Promise.all([
    queue.getJobCounts('wait', 'active', 'delayed', 'failed'),
    queue.getJobs(['wait'], 0, 0, true),
    queue.getWorkers(),
  ]);
  const { wait = 0, active = 0, delayed = 0, failed = 0 } = counts;
  return {
    name: queue.name,
    waiting: wait,
    active,
    delayed,
    failed,
    oldestWaitingMs: next === undefined ? 0 : Math.max(0, clock.now() - next.timestamp),
    // What BullMQ answers where the server refuses CLIENT LIST has no id.
    workers: workers.some((worker) => worker['id'] === undefined) ? undefined : workers.length,
  };
}
