/** What our queues have in common: a job is a hint, SQL bounds attempts and decides, so the queue itself never gives one up. */
import { DelayedError, type Job, type JobsOptions, type WorkerOptions } from 'bullmq';
import { backoffMs } from '../base/backoff.js';

/** Failures are tried again without end; finished jobs leave nothing behind. */
export const JOB_OPTIONS = {
  attempts: 1_000_000,
  /** The worker's own strategy. */
  backoff: { type: 'custom' },
  removeOnComplete: true,
  removeOnFail: true,
  stackTraceLimit: 0,
} as const satisfies JobsOptions;

/** BullMQ's own lock on a job is short: safety does not rest on it, and its default (30 s) would take a minute to notice a dead worker. */
export const WORKER_OPTIONS = {
  lockDuration: 3_000,
  stalledInterval: 1_000,
  maxStalledCount: Number.MAX_SAFE_INTEGER,
  drainDelay: 5,
  runRetryDelay: 500,
  settings: { backoffStrategy: (failures) => backoffMs(failures, RETRY) },
} as const satisfies Omit<WorkerOptions, 'connection'>;

/** A lease that is held may end this much later than it was said to. */
export const HELD_MARGIN_MS = 20;

/** Ends a job's turn; it comes again at `at`, epoch milliseconds. */
export async function delayJob(job: Job, at: number, token: string | undefined): Promise<never> {
  await job.moveToDelayed(at, token);
  throw new DelayedError();
}

const RETRY = { baseMs: 200, maxMs: 3_000, jitter: 0.5 };
