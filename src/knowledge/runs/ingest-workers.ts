/**
 * What a process does for runs while it is at it: works batches off and conducts.
 *
 * Owns: the queue's worker and the conductor. The role `ingest` has it for good; a command has it for as long as it waits for its runs.
 */
import type { BatchJob, BatchTurn, BatchWorker } from './batch-queue.js';
import { Conductor } from './conductor.js';
import type { IngestStore } from './ingest-store.js';
import type { RunDependencies } from './run-dependencies.js';
import { workBatch } from './work-batch.js';

export class IngestWorkers {
  readonly #conductor: Conductor;
  readonly #worker: BatchWorker;

  private constructor(conductor: Conductor, worker: BatchWorker) {
    this.#conductor = conductor;
    this.#worker = worker;
  }

  /** Resolves when batches can be taken. */
  static async start(stores: ReadonlyMap<string, IngestStore>, dependencies: RunDependencies): Promise<IngestWorkers> {
    const busy = new Map<string, number>();
    const process = async (job: BatchJob, signal: AbortSignal): Promise<BatchTurn> => {
      const store = stores.get(job.store);
      // Of a configuration that others have.
      if (store === undefined || store.pipeline !== job.pipeline) return { type: 'later', inMs: ELSEWHERE_MS };
      const count = busy.get(store.name) ?? 0;
      if (count >= store.settings.indexing.maxConcurrent) return { type: 'later', inMs: FULL_MS };
      busy.set(store.name, count + 1);
      try {
        return await workBatch(job, store, dependencies, signal);
      } finally {
        busy.set(store.name, (busy.get(store.name) ?? 1) - 1);
      }
    };
    const concurrency = Math.max(1, ...[...stores.values()].map(({ settings }) => settings.indexing.maxConcurrent));
    const worker = await dependencies.queue.startWorker({ concurrency, process });
    const workers = new IngestWorkers(new Conductor(stores, dependencies), worker);
    workers.wake();
    return workers;
  }

  /** A run was begun. */
  wake(): void {
    this.#conductor.wake();
  }

  /** Others go on with what is under way. Safe to call twice. */
  async close(budgetMs: number): Promise<void> {
    await Promise.all([this.#conductor.close(), this.#worker.close(budgetMs)]);
  }
}

const ELSEWHERE_MS = 1_000;
const FULL_MS = 100;
