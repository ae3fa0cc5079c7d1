/**
 * Takes step jobs and runs their tasks.
 *
 * Owns: the BullMQ worker and the drain. Does not own: leases and commits (`run-task.ts`).
 * A job is a hint: one for a task that no longer runs ends at once.
 */
import { DelayedError, type Job, Worker } from 'bullmq';
import { backoffMs } from '../base/backoff.js';
import { describeError } from '../base/errors.js';
import { withTraceparent } from '../observe/trace.js';
import { type QueueConnection, STEP_QUEUE, type StepJob } from './queue-names.js';
import { type RunTaskDependencies, runTask } from './run-task.js';

export interface StepWorkerOptions extends QueueConnection {
  /** `queue.concurrency`. */
  readonly concurrency: number;
  readonly dependencies: RunTaskDependencies;
}

export class StepWorker {
  readonly #worker: Worker<StepJob>;
  readonly #options: StepWorkerOptions;
  readonly #draining = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(options: StepWorkerOptions) {
    this.#options = options;
    this.#worker = new Worker<StepJob>(STEP_QUEUE, (job, token) => this.#process(job, token), {
      connection: options.connection,
      prefix: options.prefix,
      concurrency: options.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      // The run log bounds attempts; the queue must never give a run up because its workers died.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      drainDelay: DRAIN_DELAY_SECONDS,
      runRetryDelay: RUN_RETRY_MS,
      settings: { backoffStrategy: (failures) => backoffMs(failures, RETRY) },
    });
    const { log } = options.dependencies;
    this.#worker.on('error', (error) => log.debug({ err: error }, 'step worker: Redis error'));
    this.#worker.on('failed', (job, error) =>
      log.warn({ taskId: job?.data.taskId, reason: describeError(error) }, 'a step job failed and is tried again'),
    );
    this.#worker.on('stalled', (jobId) => log.info({ jobId }, 'a step job of a dead worker is queued again'));
  }

  /** Resolves when jobs can be taken. */
  async ready(): Promise<void> {
    await this.#worker.waitUntilReady();
  }

  /**
   * Takes no new jobs; runs are handed over at their next commit. Towards the end of `budgetMs` running steps are aborted
   * and others continue from the last commit. Safe to call twice.
   */
  close(budgetMs: number): Promise<void> {
    this.#closed ??= this.#close(budgetMs);
    return this.#closed;
  }

  async #close(budgetMs: number): Promise<void> {
    const { running, clock, log } = this.#options.dependencies;
    this.#draining.abort();
    const closed = new AbortController();
    const cancelTimer = clock.after(Math.max(0, budgetMs - LET_GO_MS), () => {
      log.warn({ running: running.size }, 'the drain budget is used up; running steps are aborted and continue elsewhere');
      running.abortAll();
    });
    // With Redis away, BullMQ would wait for it; what its jobs did is committed, or will be done elsewhere.
    const unanswered = running.whenEmpty().then(() => clock.sleep(LET_GO_MS, closed.signal));
    try {
      await Promise.race([this.#worker.close(), unanswered]);
    } finally {
      cancelTimer();
      closed.abort();
      // Rejected by the abort just now, or long over.
      unanswered.catch(() => undefined);
    }
  }

  #process(job: Job<StepJob>, token: string | undefined): Promise<void> {
    const { dependencies } = this.#options;
    return withTraceparent(job.data.traceparent, async () => {
      const result = await runTask(job.data.taskId, this.#draining.signal, dependencies);
      if (result.type === 'done') return;
      await job.moveToDelayed(dependencies.clock.now() + result.remainingMs + HELD_MARGIN_MS, token);
      throw new DelayedError();
    });
  }
}

/** BullMQ's own lock on a job; the task's safety does not rest on it. Defaults (30 s) would take a minute to notice a dead worker. */
const LOCK_MS = 3_000;
const STALLED_CHECK_MS = 1_000;
const DRAIN_DELAY_SECONDS = 5;
const RUN_RETRY_MS = 500;
const HELD_MARGIN_MS = 20;
/** BullMQ's own part of closing, when nothing runs any more. */
const LET_GO_MS = 2_000;
const RETRY = { baseMs: 200, maxMs: 3_000, jitter: 0.5 };
