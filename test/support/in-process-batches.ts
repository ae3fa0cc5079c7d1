/** The queue of batches and the leases of a deployment that is this one process; for tests that need no Redis. */
import { AppError } from '../../src/base/errors.js';
import type { BatchJob, BatchQueue, BatchWorkerOptions } from '../../src/knowledge/runs/batch-queue.js';
import type { LeaseManager } from '../../src/tasks/coordination.js';

export function createInProcessBatches(): BatchQueue & { readonly jobs: readonly BatchJob[] } {
  const waiting = new Map<string, BatchJob>();
  const workers = new Set<() => void>();
  return {
    get jobs() {
      return [...waiting.values()];
    },
    async enqueue(job, again = '') {
      const id = `${job.run}.${job.number}.${again}`;
      if (!waiting.has(id)) waiting.set(id, job);
      for (const wake of workers) wake();
    },
    waiting: async () => waiting.size,
    countWorkers: async () => workers.size,
    async startWorker({ concurrency, process }: BatchWorkerOptions) {
      const closing = new AbortController();
      const running = new Set<Promise<void>>();
      const turn = async (id: string, job: BatchJob) => {
        const outcome = await process(job, closing.signal).catch(() => ({ type: 'later', inMs: 50 }) as const);
        if (outcome.type !== 'later' || closing.signal.aborted) return;
        setTimeout(() => {
          waiting.set(id, job);
          wake();
        }, outcome.inMs).unref();
      };
      const wake = () => {
        while (running.size < concurrency && !closing.signal.aborted) {
          const [next] = waiting;
          if (next === undefined) return;
          waiting.delete(next[0]);
          const run = turn(...next).finally(() => {
            running.delete(run);
            wake();
          });
          running.add(run);
        }
      };
      workers.add(wake);
      wake();
      return {
        async close() {
          workers.delete(wake);
          closing.abort(new AppError('STEP_ABORTED'));
          await Promise.all(running);
        },
      };
    },
  };
}

export function createInProcessLeases(): LeaseManager {
  const held = new Set<string>();
  return {
    async acquire(taskId) {
      if (held.has(taskId)) return { type: 'held', remainingMs: 50 };
      held.add(taskId);
      const lost = new AbortController().signal;
      return { type: 'acquired', lease: { taskId, lost, release: async () => void held.delete(taskId) } };
    },
    held: async (ids) => new Set(ids.filter((id) => held.has(id))),
    close: async () => held.clear(),
  };
}
