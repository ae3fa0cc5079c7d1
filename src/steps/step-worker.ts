/**
 * Takes step jobs and runs their tasks.
 *
 * Owns: the BullMQ worker, its replacement when it takes nothing while jobs wait, and the drain. Does not own: leases and commits
 * (`run-task.ts`). A job is a hint: one for a task that no longer runs ends at once.
 */
import { type ConnectionOptions, type Job, Worker } from 'bullmq';
import { describeError } from '../base/errors.js';
import { withTraceContext } from '../observe/trace.js';
import type { ProgressMarks } from '../tasks/coordination.js';
import { delayJob, HELD_MARGIN_MS, WORKER_OPTIONS } from './bull-options.js';
import { IdleWatch } from './idle-watch.js';
import { OwnRuns } from './own-runs.js';
import { STEP_QUEUE, type StepJob } from './queue-names.js';
import { runTask } from './run-task.js';
import type { RunTaskDependencies } from './run-task-dependencies.js';
import type { WorkerConnections } from './worker-connections.js';

/** A worker that is replaced may have a broken connection: each has its own. */
export interface StepWorkerOptions extends WorkerConnections {
  /** Prefix of all queue keys. */
  readonly prefix: string;
  /** `queue.concurrency`. */
  readonly concurrency: number;
  /** `queue.stall_after_ms`. */
  readonly stallAfterMs: number;
  readonly nextWaitingMs: () => Promise<number>;
  readonly progress: Pick<ProgressMarks, 'mark'>;
  readonly dependencies: RunTaskDependencies & { readonly queue: { isShortFor(freeHands: number): boolean } };
}

interface OpenWorker {
  readonly bull: Worker<StepJob>;
  readonly connection: ConnectionOptions;
}

export class StepWorker {
  /** Runs that this process accepts, and may begin itself. */
  readonly ownRuns: OwnRuns;
  readonly #options: StepWorkerOptions;
  readonly #draining = new AbortController();
  readonly #watch: IdleWatch;
  /** How many the queue's worker may run at once. */
  #places: number;
  /** How many jobs run, also on replaced workers. */
  #jobs = 0;
  #worker: OpenWorker;
  /** Replaced ones that have not closed yet; what they run goes on to its end. */
  readonly #replaced = new Set<OpenWorker>();
  #closed: Promise<void> | undefined;

  constructor(options: StepWorkerOptions) {
    const { concurrency, stallAfterMs, nextWaitingMs, progress, dependencies } = options;
    const { running, clock } = dependencies;
    this.#options = options;
    this.#places = concurrency;
    this.#worker = this.#open();
    this.ownRuns = new OwnRuns({
      concurrency,
      jobs: () => this.#jobs,
      draining: this.#draining.signal,
      leaveToQueue: (places) => this.#leave(places),
      onProgress: () => progress.mark(),
      dependencies,
    });
    this.#watch = new IdleWatch({
      stallAfterMs,
      nextWaitingMs,
      hasFreeHands: () => running.size < concurrency,
      onBusy: () => progress.mark(),
      onStuck: (waitingMs) => this.#replace(waitingMs),
      clock,
    });
  }

  /** Resolves when jobs can be taken. */
  async ready(): Promise<void> {
    await this.#worker.bull.waitUntilReady();
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
    this.#watch.stop();
    this.#draining.abort();
    const closed = new AbortController();
    const cancelTimer = clock.after(Math.max(0, budgetMs - LET_GO_MS), () => {
      log.warn({ running: running.size }, 'the drain budget is used up; running steps are aborted and continue elsewhere');
      running.abortAll();
    });
    // With Redis away, BullMQ would wait for it; what its jobs did is committed, or will be done elsewhere.
    const unanswered = running.whenEmpty().then(() => clock.sleep(LET_GO_MS, closed.signal));
    try {
      const closing = [this.#worker, ...this.#replaced].map(({ bull }) => bull.close());
      await Promise.race([Promise.all([...closing, this.ownRuns.whenEnded()]), unanswered]);
    } finally {
      cancelTimer();
      closed.abort();
      // Rejected by the abort just now, or long over.
      unanswered.catch(() => undefined);
    }
  }

  #open(): OpenWorker {
    const { connect, prefix, dependencies } = this.#options;
    const { log } = dependencies;
    const connection = connect();
    const bull = new Worker<StepJob>(STEP_QUEUE, (job, token) => this.#process(job, token), {
      ...WORKER_OPTIONS,
      connection,
      prefix,
      concurrency: this.#places,
    });
    bull.on('error', (error) => log.debug({ err: error }, 'step worker: Redis error'));
    bull.on('failed', (job, error) =>
      log.warn({ taskId: job?.data.taskId, reason: describeError(error) }, 'a step job failed and is tried again'),
    );
    bull.on('stalled', (jobId) => log.info({ jobId }, 'a step job of a dead worker is queued again'));
    return { bull, connection };
  }

  #leave(places: number): void {
    const { bull } = this.#worker;
    const wasFull = this.#jobs >= this.#places;
    const isMore = places > this.#places;
    this.#places = places;
    bull.concurrency = places;
    // A worker with its hands full waits for one of its own jobs to end, whatever becomes of its concurrency. Resuming wakes it.
    if (wasFull && isMore && !this.#draining.signal.aborted) void bull.pause(true).then(() => bull.resume());
  }

  #replace(waitingMs: number): void {
    if (this.#draining.signal.aborted) return;
    const { log } = this.#options.dependencies;
    log.warn({ waitingMs: Math.round(waitingMs) }, 'this worker takes no step jobs although some wait: it is replaced by a new one');
    const stuck = this.#worker;
    this.#replaced.add(stuck);
    void this.#drop(stuck);
    this.#worker = this.#open();
  }

  /** Never rejects. */
  async #drop(stuck: OpenWorker): Promise<void> {
    const { disconnect, dependencies } = this.#options;
    try {
      await stuck.bull.close();
      await disconnect(stuck.connection);
    } catch (error) {
      dependencies.log.debug({ reason: describeError(error) }, 'the replaced step worker did not close cleanly');
    } finally {
      this.#replaced.delete(stuck);
    }
  }

  #process(job: Job<StepJob>, token: string | undefined): Promise<void> {
    const { dependencies, progress } = this.#options;
    this.#watch.noteTaken();
    progress.mark();
    this.#jobs += 1;
    return withTraceContext(job.data.traceparent, async () => {
      try {
        const result = await runTask(job.data.taskId, this.#draining.signal, dependencies);
        progress.mark();
        if (result.type === 'held') await delayJob(job, dependencies.clock.now() + result.remainingMs + HELD_MARGIN_MS, token);
      } finally {
        this.#jobs -= 1;
      }
    });
  }
}

/** BullMQ's own part of closing, when nothing runs any more. */
const LET_GO_MS = 2_000;
