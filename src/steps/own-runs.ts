/**
 * Runs that this process accepted and begins itself, while it has hands free for them and for all that wait in the queue.
 *
 * Owns: how many there are beside the queue's jobs. Does not own: what a turn does (`run-task.ts`), who is served when many wait (the queue).
 * - O1 Together with jobs they are no more than `queue.concurrency`: what they take, the queue's worker is told to leave.
 * - O2 The lease is asked for while SQL commits. Should another worker take the run for an orphan in between, the epoch decides (R3).
 * - O3 What fails goes back to the queue, whose job is tried again; when that is lost too, the sweep finds the run.
 */
import { untilAborted } from '../base/abort.js';
import { AppError, describeError } from '../base/errors.js';
import { Roll, type RollMember } from '../base/roll.js';
import { withSpan, withTraceContext } from '../observe/trace.js';
import type { LeaseOutcome } from '../tasks/coordination.js';
import type { ReservedHand, RunStarter } from '../tasks/run-starter.js';
import type { TakenRun } from '../tasks/task-store.js';
import { giveBack, runTaken } from './run-task.js';
import type { RunTaskDependencies } from './run-task-dependencies.js';
import type { RunningTask } from './running-tasks.js';

export interface OwnRunsOptions {
  /** `queue.concurrency`. */
  readonly concurrency: number;
  /** How many jobs of the queue run here, with those that have not got their lease yet or only tell of their end. */
  readonly jobs: () => number;
  /** Aborted when this worker takes no new work. */
  readonly draining: AbortSignal;
  /** Told how many jobs of the queue may run beside them, 1 at least. */
  readonly leaveToQueue: (jobs: number) => void;
  /** A run began or ended. */
  readonly onProgress: () => void;
  readonly dependencies: RunTaskDependencies & { readonly queue: { isShortFor(freeHands: number): boolean } };
}

export class OwnRuns implements RunStarter {
  readonly #options: OwnRunsOptions;
  readonly #ending = new Roll<EndingRun>();
  #count = 0;

  constructor(options: OwnRunsOptions) {
    this.#options = options;
  }

  reserve(taskId: string): ReservedHand | undefined {
    const { concurrency, jobs, draining, dependencies } = this.#options;
    const { leases, queue, worker } = dependencies;
    // One hand is the queue's in any case.
    const free = concurrency - 1 - this.#count - jobs();
    if (draining.aborted || free <= 0 || !queue.isShortFor(free)) return undefined;
    const run = this.#begin(taskId);
    // Told to whoever starts the run; one that is never started needs none.
    const leased = leases.acquire(taskId).catch((error: unknown) => ({ type: 'failed', error }) as const);
    return {
      worker,
      letGo: () => {
        run.end();
        void release(leased);
      },
      start: (taken) => {
        const ending: EndingRun = { place: 0, ended: this.#run(taken, leased, run) };
        this.#ending.add(ending);
        void ending.ended.then(() => this.#ending.delete(ending));
      },
    };
  }

  /** Resolves when all that was begun has ended, and is told of. */
  async whenEnded(): Promise<void> {
    while (this.#ending.size > 0) await Promise.all(this.#ending.list().map(({ ended }) => ended));
  }

  /** O1 */
  #begin(taskId: string): RunningTask {
    const { concurrency, leaveToQueue, dependencies } = this.#options;
    const run = dependencies.running.begin(taskId);
    this.#count += 1;
    leaveToQueue(concurrency - this.#count);
    let isOver = false;
    return {
      signal: run.signal,
      follow: run.follow,
      end: () => {
        if (isOver) return;
        isOver = true;
        run.end();
        this.#count -= 1;
        leaveToQueue(concurrency - this.#count);
      },
    };
  }

  /** Never rejects. */
  async #run(taken: TakenRun, leased: Promise<Leased>, run: RunningTask): Promise<void> {
    const { draining, onProgress, dependencies } = this.#options;
    const { task } = taken;
    let isBegun = false;
    try {
      onProgress();
      await withTraceContext(task.traceparent, async () => {
        const outcome = await withSpan('hector.step.enqueue', { 'hector.task.id': task.id }, () => untilAborted(leased, run.signal));
        if (outcome.type === 'failed') throw outcome.error;
        if (outcome.type === 'held') throw new AppError('TASK_LOST', { message: 'Its lease is not ours' });
        isBegun = true;
        // Nobody can follow a task whose id is not known yet: what its take told is read from SQL.
        await runTaken({ ...taken, events: [] }, { lease: outcome.lease, run, draining }, dependencies);
      });
      onProgress();
    } catch (error) {
      const reason = describeError(error);
      dependencies.log.warn({ taskId: task.id, reason }, 'a run that began where it was accepted goes on through the queue');
      // Changes nothing for a run that was given back already, or that others have.
      await giveBack(task, { isBlameless: !isBegun }, dependencies);
      // All that is left is Redis's, which may be away: a drain waits for it no longer than for the queue's own jobs.
      run.end();
      await release(leased);
      await dependencies.queue.enqueue(task, 'own');
    } finally {
      run.end();
      await release(leased);
    }
  }
}

interface EndingRun extends RollMember {
  readonly ended: Promise<void>;
}

type Leased = LeaseOutcome | { readonly type: 'failed'; readonly error: unknown };

async function release(leased: Promise<Leased>): Promise<void> {
  const outcome = await leased;
  if (outcome.type === 'acquired') await outcome.lease.release();
}
