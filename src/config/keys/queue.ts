import { duration, integer, type Static, section } from '../schema-builder.js';
import type { QueueSettings } from '../settings.js';

export const QueueSchema = section(
  {
    max_waiting: integer('Step jobs that may wait before new work is refused as overload.', { default: 20_000, minimum: 1 }),
    concurrency: integer('Steps that one agent worker process runs at once.', { default: 64, minimum: 1, maximum: 10_000 }),
    lease_ms: duration("Time to live of a task's lease; a dead worker's run is taken over after it.", {
      default: 1_400,
      minimum: 300,
      maximum: 600_000,
    }),
    time_slice_ms: duration('How long one run may keep its worker while others wait.', { default: 1_000, minimum: 1, maximum: 600_000 }),
    stall_after_ms: duration('Age at which a waiting step job counts as stuck when no worker took or finished any meanwhile.', {
      default: 30_000,
      minimum: 1_000,
      maximum: 3_600_000,
    }),
  },
  'The queue of agent steps.',
);

export function resolveQueue(queue: Static<typeof QueueSchema>): QueueSettings {
  return {
    maxWaiting: queue.max_waiting,
    concurrency: queue.concurrency,
    leaseMs: queue.lease_ms,
    timeSliceMs: queue.time_slice_ms,
    stallAfterMs: queue.stall_after_ms,
  };
}
