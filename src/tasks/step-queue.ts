import type { TaskRecord } from './task-store.js';

/**
 * Port to the queue of step jobs; implemented by `steps/`. A job is a hint that a task may be runnable:
 * adding one twice, or for a task that no longer runs, does no harm.
 */
export interface StepQueue {
  /**
   * Never rejects because Redis is away: the task is in SQL already and the recovery sweep finds it. While many wait, owners are served in
   * turn, and each one's jobs in the order of their coming.
   * @param after id of the run that this task waited for. Its own first job may still be on its way out of the
   *   queue after finding that run in front; a job of the same id would be taken for that one and dropped.
   */
  enqueue(task: Pick<TaskRecord, 'id' | 'step' | 'traceparent' | 'owner'>, after?: string): Promise<void>;
  /** Throws `OVERLOADED` (with `retryAfterMs`) while more jobs wait than `queue.max_waiting` allows. */
  assertCapacity(): Promise<void>;
}

/** Where a run's job stands. `before`: jobs that are taken before it. */
export type JobPlace =
  | { readonly type: 'waiting'; readonly before: number }
  | { readonly type: 'active' }
  | { readonly type: 'delayed'; readonly dueAt: number }
  | { readonly type: 'none' };

/** What the queue knows, for people who ask why nothing happens. Hints, as all of Redis: nothing is decided by it. */
export interface StepQueueView {
  /** `undefined`: more jobs wait than it looks at. */
  findJob(taskId: string): Promise<JobPlace | undefined>;
  /** Processes that take step jobs; `undefined` where the server does not tell. */
  countWorkers(): Promise<number | undefined>;
}

/** What lies in one queue, for people who look. */
export interface QueueCounts {
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  /** They wait for their time. */
  readonly delayed: number;
  readonly failed: number;
  /** 0 = none waits. */
  readonly oldestWaitingMs: number;
  /** Processes that take its jobs; `undefined` where the server does not tell. */
  readonly workers: number | undefined;
}

export interface CountedQueue {
  /** @throws while Redis is away */
  counts(): Promise<QueueCounts>;
}
