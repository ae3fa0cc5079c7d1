import type { TaskRecord } from './task-store.js';

/**
 * Port to the queue of step jobs; implemented by `steps/`. A job is a hint that a task may be runnable:
 * adding one twice, or for a task that no longer runs, does no harm.
 */
export interface StepQueue {
  enqueue(task: Pick<TaskRecord, 'id' | 'step' | 'traceparent'>): Promise<void>;
  /** Throws `OVERLOADED` (with `retryAfterMs`) while more jobs wait than `queue.max_waiting` allows. */
  assertCapacity(): Promise<void>;
}
