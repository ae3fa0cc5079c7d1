/**
 * The queue of step jobs, seen from whoever adds to it.
 *
 * Owns: the BullMQ queue handle and the cached depth. Does not own: what is runnable; SQL decides that.
 */

import { Queue } from 'bullmq';
import type { Clock } from '../base/clock.js';
import { AppError, describeError } from '../base/errors.js';
import { faultPoint } from '../base/fault-points.js';
import type { Logger } from '../observe/log.js';
import { withSpan } from '../observe/trace.js';
import type { JobPlace, QueueCounts, StepQueue, StepQueueView } from '../tasks/step-queue.js';
import type { TaskRecord } from '../tasks/task-store.js';
import { JOB_OPTIONS } from './bull-options.js';
import { FAIR_FROM, FairTurns } from './fair-turns.js';
import { readCounts } from './queue-counts.js';
import { type QueueConnection, STEP_QUEUE, type StepJob } from './queue-names.js';

export interface BullStepQueueOptions extends QueueConnection {
  /** `queue.max_waiting`. */
  readonly maxWaiting: number;
  readonly clock: Clock;
  readonly log: Logger;
}

type QueuedTask = Pick<TaskRecord, 'id' | 'step' | 'traceparent' | 'owner'>;

export class BullStepQueue implements StepQueue, StepQueueView {
  readonly #queue: Queue<StepJob>;
  readonly #options: BullStepQueueOptions;
  readonly #turns: FairTurns;
  #depth = 0;
  /** Of those, the ones that wait for the turn of their owner. */
  #numbered = 0;
  #admitted = 0;
  #added = 0;
  #underWay = 0;
  #depthReadAt = Number.NEGATIVE_INFINITY;
  #depthRead: Promise<void> | undefined;

  constructor(options: BullStepQueueOptions) {
    this.#options = options;
    this.#queue = new Queue(STEP_QUEUE, { connection: options.connection, prefix: options.prefix, streams: { events: { maxLen: 100 } } });
    this.#queue.on('error', (error) => options.log.debug({ err: error }, 'step queue: Redis error'));
    this.#turns = new FairTurns({ connection: options.connection, toKey: (name) => this.#queue.toKey(name) });
  }

  async enqueue(task: QueuedTask, after?: string): Promise<void> {
    const id = jobId(task, after);
    await this.#add(task, async () => {
      const priority = this.#isShortNow() ? 0 : await this.#turns.next(id, task.owner, this.#underWay);
      return priority === undefined ? undefined : { jobId: id, priority };
    });
  }

  /**
   * For a run whose worker died. That worker's own job is still among the active ones and would swallow another one of its id;
   * and who was served already does not wait behind everybody else.
   */
  async takeOver(task: QueuedTask & Pick<TaskRecord, 'epoch'>): Promise<void> {
    await this.#add(task, async () => ({ jobId: jobId(task, `t${task.epoch}`), lifo: true }));
  }

  async assertCapacity(): Promise<void> {
    const { maxWaiting } = this.#options;
    // Whatever was let in since the depth was read counts too, or a burst would pass before the next reading.
    if ((await this.waiting()) + this.#admitted < maxWaiting) {
      this.#admitted += 1;
      return;
    }
    throw new AppError('OVERLOADED', {
      message: `More than ${maxWaiting} steps are waiting (queue.max_waiting); try again later`,
      retryAfterMs: OVERLOAD_RETRY_MS,
    });
  }

  /** Jobs that wait, at most `DEPTH_AGE_MS` old. Reading it never waits once a first value is known. */
  async waiting(): Promise<number> {
    if (this.#options.clock.monotonic() - this.#depthReadAt < DEPTH_AGE_MS) return this.#depth;
    this.#depthRead ??= this.#readDepth();
    if (this.#depthReadAt === Number.NEGATIVE_INFINITY) await this.#depthRead;
    return this.#depth;
  }

  async findJob(taskId: string): Promise<JobPlace | undefined> {
    const isOwn = (id: string): boolean => id.startsWith(`${taskId}.`);
    // A job moves from waiting to active: looked at in that order, it is not missed.
    const first = await this.#queue.getRanges(['waiting'], 0, MAX_SEEN_JOBS - 1, true);
    const waiting = [...first, ...(await this.#queue.getRanges(['prioritized'], 0, MAX_SEEN_JOBS - 1, true))];
    const before = waiting.findIndex(isOwn);
    if (before >= 0) return { type: 'waiting', before };
    if ((await this.#queue.getRanges(['active'], 0, MAX_SEEN_JOBS - 1)).some(isOwn)) return { type: 'active' };
    const delayed = (await this.#queue.getRanges(['delayed'], 0, MAX_SEEN_JOBS - 1)).find(isOwn);
    if (delayed !== undefined) {
      const job = await this.#queue.getJob(delayed);
      return job === undefined ? { type: 'active' } : { type: 'delayed', dueAt: job.timestamp + job.delay };
    }
    return waiting.length < MAX_SEEN_JOBS ? { type: 'none' } : undefined;
  }

  async countWorkers(): Promise<number | undefined> {
    const workers = await this.#queue.getWorkers();
    // What BullMQ answers where the server refuses CLIENT LIST has no id.
    return workers.some((worker) => worker['id'] === undefined) ? undefined : workers.length;
  }

  /** How long the job that is next waits already, milliseconds; 0 = none waits. @throws while Redis is away. */
  async nextWaitingMs(): Promise<number> {
    const heads = await this.#queue.getJobs(['wait', 'prioritized'], 0, 0, true);
    const now = this.#options.clock.now();
    return Math.max(0, ...heads.map(({ timestamp }) => now - timestamp));
  }

  counts(): Promise<QueueCounts> {
    return readCounts(this.#queue, this.#options.clock);
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }

  /** @param place `undefined`: the job is there already. */
  async #add(task: QueuedTask, place: () => Promise<JobPlacement | undefined>): Promise<void> {
    await faultPoint('enqueue.before');
    this.#added += 1;
    this.#underWay += 1;
    try {
      await withSpan('hector.step.enqueue', { 'hector.task.id': task.id }, async () => {
        const options = await place();
        if (options === undefined) return;
        await this.#queue.add('step', { taskId: task.id, traceparent: task.traceparent }, { ...JOB_OPTIONS, ...options });
      });
    } catch (error) {
      this.#options.log.warn({ taskId: task.id, err: error }, 'a step job was not added; the recovery sweep will');
    } finally {
      this.#underWay -= 1;
    }
  }

  /** So few wait, as far as this process knows, that they have hands at once wherever `freeHands` are: nobody is overtaken by a run that takes one more. */
  isShortFor(freeHands: number): boolean {
    return this.#depth < FAIR_FROM / 2 || this.#depth + this.#added < freeHands;
  }

  /** So few wait, as far as this process knows, that nobody needs a turn. */
  #isShortNow(): boolean {
    if (this.#options.clock.monotonic() - this.#depthReadAt < DEPTH_AGE_MS)
      return this.#numbered === 0 && this.#depth + this.#added < FAIR_FROM / 2;
    this.#depthRead ??= this.#readDepth();
    return false;
  }

  async #readDepth(): Promise<void> {
    try {
      const admitted = this.#admitted;
      const added = this.#added;
      const { waiting = 0, paused = 0, prioritized = 0 } = await this.#queue.getJobCounts('waiting', 'prioritized');
      this.#depth = waiting + paused + prioritized;
      this.#numbered = prioritized;
      this.#admitted -= admitted;
      this.#added -= added;
    } catch (error) {
      this.#options.log.debug({ reason: describeError(error) }, 'the depth of the step queue is unknown');
    } finally {
      this.#depthReadAt = this.#options.clock.monotonic();
      this.#depthRead = undefined;
    }
  }
}

interface JobPlacement {
  readonly jobId: string;
  readonly lifo?: boolean;
  /** Number of the owner's turn. Default 0: it is served before all that have one. */
  readonly priority?: number;
}

function jobId(task: Pick<TaskRecord, 'id' | 'step'>, mark: string | undefined): string {
  return mark === undefined ? `${task.id}.${task.step}` : `${task.id}.${task.step}.${mark}`;
}

/** Jobs of each kind that `findJob` looks through. */
const MAX_SEEN_JOBS = 10_000;
const DEPTH_AGE_MS = 200;
const OVERLOAD_RETRY_MS = 1_000;
