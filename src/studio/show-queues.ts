import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** `GET /api/queues`: what waits in Redis. Nothing is decided there: what is lost or failed in a queue, the keeper adds again from SQL. */
export async function showQueues({ queues }: Pick<StudioPorts, 'queues'>): Promise<StudioResponse> {
  const counts = await Promise.all(queues.map((queue) => queue.counts()));
  return {
    status: 200,
    body: {
      queues: counts.map(({ oldestWaitingMs, workers, ...rest }) => ({
        ...rest,
        oldest_waiting_ms: oldestWaitingMs,
        workers: workers ?? null,
      })),
    },
  };
}
