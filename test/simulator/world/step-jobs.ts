/**
 * The two ends of the queue of step jobs as a process has them: what `BullStepQueue` and `StepWorker` do with BullMQ, done with the
 * simulated queue. What a job does is the product's `runTask`.
 */
import { backoffMs } from '../../../src/base/backoff.js';
import { runTask } from '../../../src/steps/run-task.js';
import type { RunTaskDependencies } from '../../../src/steps/run-task-dependencies.js';
import type { StepQueue } from '../../../src/tasks/step-queue.js';
import type { TaskRecord } from '../../../src/tasks/task-store.js';
import { type FetchedJob, type JobQueue, LOCK_MS, STALLED_CHECK_MS } from './job-queue.js';
import type { RedisClient } from './redis-client.js';
import type { SimulatedProcess } from './simulated-process.js';

export interface SimulatedStepQueue extends StepQueue {
  waiting(): Promise<number>;
  takeOver(task: TaskRecord): Promise<void>;
}

export function createStepQueue(client: RedisClient, jobs: JobQueue): SimulatedStepQueue {
  return {
    async enqueue(task, after) {
      const id = after === undefined ? `${task.id}.${task.step}` : `${task.id}.${task.step}.${after}`;
      // As `BullStepQueue`: a job that cannot be added is the recovery sweep's.
      await client.command('job.add', id, task.id, 'last').catch(() => undefined);
    },
    async takeOver({ id, step, epoch }) {
      await client.command('job.add', `${id}.${step}.t${epoch}`, id, 'first').catch(() => undefined);
    },
    assertCapacity: async () => {},
    // The product's is a cached number; this one is fresh.
    waiting: async () => jobs.waitingCount,
  };
}

export interface StepJobsOptions {
  readonly process: SimulatedProcess;
  /** Neither fails while Redis is away. */
  readonly client: RedisClient;
  readonly blockingClient: RedisClient;
  readonly concurrency: number;
  readonly dependencies: RunTaskDependencies;
}

export class StepJobs {
  readonly #options: StepJobsOptions;
  readonly #active = new Map<string, FetchedJob>();
  readonly #draining = new AbortController();
  #fetched = 0;
  #isFetching = false;

  constructor(options: StepJobsOptions) {
    this.#options = options;
    const { process, client } = options;
    process.clock.every(LOCK_MS / 2, () => {
      if (client.status === 'ready') for (const [token, job] of this.#active) this.#tell('job.extend', job.id, token);
    });
    process.clock.every(STALLED_CHECK_MS, () => {
      if (client.status === 'ready') this.#tell('job.stalled');
    });
    this.#fetch();
  }

  /** Takes no more jobs; resolves when those at work have ended. */
  async drain(): Promise<void> {
    this.#draining.abort();
    await this.#options.dependencies.running.whenEmpty();
  }

  #fetch(): void {
    const { process, blockingClient, concurrency } = this.#options;
    if (this.#isFetching || this.#draining.signal.aborted || this.#active.size >= concurrency) return;
    this.#isFetching = true;
    this.#fetched += 1;
    const token = `${process.name}:${this.#fetched}`;
    void blockingClient.command('job.fetch', token).then((job) => {
      this.#isFetching = false;
      void this.#process(token, job as FetchedJob);
      this.#fetch();
    });
  }

  async #process(token: string, job: FetchedJob): Promise<void> {
    // Handed out although this worker drains: the stalled check gives it to another.
    if (this.#draining.signal.aborted) return;
    this.#active.set(token, job);
    try {
      const result = await runTask(job.taskId, this.#draining.signal, this.#options.dependencies);
      if (result.type === 'done') this.#tell('job.complete', job.id, token);
      else this.#tell('job.delay', job.id, token, result.remainingMs + HELD_MARGIN_MS, job.failures);
    } catch {
      this.#tell('job.delay', job.id, token, backoffMs(job.failures + 1, RETRY), job.failures + 1);
    } finally {
      this.#active.delete(token);
      this.#fetch();
    }
  }

  #tell(name: string, ...args: readonly unknown[]): void {
    void this.#options.client.command(name, ...args);
  }
}

/** As `steps/step-worker.ts` sets them. */
const HELD_MARGIN_MS = 20;
const RETRY = { baseMs: 200, maxMs: 3_000, jitter: 0.5 };
