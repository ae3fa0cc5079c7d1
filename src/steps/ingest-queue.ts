/**
 * The queue of ingest batches: who adds to it, and the worker of a process that takes part.
 *
 * Owns: the BullMQ queue handle. Does not own: what is left of a batch, nor that none is forgotten; SQL and the run's conductor do.
 */

import { Queue, Worker } from 'bullmq';
import type { Clock } from '../base/clock.js';
import { AppError, describeError } from '../base/errors.js';
import type { BatchJob, BatchQueue, BatchWorker, BatchWorkerOptions } from '../knowledge/runs/batch-queue.js';
import type { Logger } from '../observe/log.js';
import type { QueueCounts } from '../tasks/step-queue.js';
import { delayJob, JOB_OPTIONS, WORKER_OPTIONS } from './bull-options.js';
import { readCounts } from './queue-counts.js';
import { INGEST_QUEUE, type QueueConnection } from './queue-names.js';
import type { WorkerConnections } from './worker-connections.js';

export interface BullIngestQueueOptions extends QueueConnection, WorkerConnections {
  readonly clock: Clock;
  readonly log: Logger;
}

export class BullIngestQueue implements BatchQueue {
  readonly #options: BullIngestQueueOptions;
  readonly #queue: Queue<BatchJob>;

  constructor(options: BullIngestQueueOptions) {
    const { connection, prefix, log } = options;
    this.#options = options;
    this.#queue = new Queue(INGEST_QUEUE, { connection, prefix, streams: { events: { maxLen: 100 } } });
    this.#queue.on('error', (error) => log.debug({ err: error }, 'ingest queue: Redis error'));
  }

  async enqueue(job: BatchJob, again?: string): Promise<void> {
    const id = `${job.run}.${job.number}`;
    try {
      // A batch that was begun goes first: others of its run may wait for nothing but it.
      const options = again === undefined ? { jobId: id } : { jobId: `${id}.${again}`, lifo: true };
      await this.#queue.add('batch', job, { ...JOB_OPTIONS, ...options });
    } catch (error) {
      this.#options.log.debug({ reason: describeError(error) }, 'an ingest job was not added; its conductor adds it again');
    }
  }

  async waiting(): Promise<number> {
    return await this.#queue.getWaitingCount();
  }

  async countWorkers(): Promise<number | undefined> {
    const workers = await this.#queue.getWorkers();
    // What BullMQ answers where the server refuses CLIENT LIST has no id.
    return workers.some((worker) => worker['id'] === undefined) ? undefined : workers.length;
  }

  async startWorker({ concurrency, process }: BatchWorkerOptions): Promise<BatchWorker> {
    const { connect, disconnect, prefix, clock, log } = this.#options;
    const connection = connect();
    const closing = new AbortController();
    const worker = new Worker<BatchJob>(
      INGEST_QUEUE,
      async (job, token) => {
        const turn = await process(job.data, closing.signal);
        if (turn.type === 'later') await delayJob(job, clock.now() + turn.inMs, token);
      },
      { ...WORKER_OPTIONS, connection, prefix, concurrency },
    );
    worker.on('error', (error) => log.debug({ err: error }, 'ingest worker: Redis error'));
    worker.on('failed', (_job, error) => {
      if (!closing.signal.aborted) log.warn({ reason: describeError(error) }, 'a batch of documents failed and is tried again');
    });
    await worker.waitUntilReady();
    const end = async (budgetMs: number) => {
      const cancelTimer = clock.after(budgetMs, () =>
        closing.abort(new AppError('STEP_ABORTED', { message: 'This process ends; the batch goes on elsewhere' })),
      );
      const late = new AbortController();
      try {
        // With Redis away, BullMQ would wait for it.
        await Promise.race([worker.close(), clock.sleep(budgetMs + LET_GO_MS, late.signal).catch(() => undefined)]);
      } finally {
        cancelTimer();
        late.abort();
      }
      await disconnect(connection);
    };
    let closed: Promise<void> | undefined;
    return { close: (budgetMs) => (closed ??= end(budgetMs)) };
  }

  counts(): Promise<QueueCounts> {
    return readCounts(this.#queue, this.#options.clock);
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}

const LET_GO_MS = 2_000;
