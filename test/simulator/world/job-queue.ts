/**
 * The queue of step jobs inside the simulated Redis, with BullMQ's promises: at least once, one job per id while that job is known,
 * a lock that its worker extends, jobs of dead workers queued again by the stalled check, everything gone with a FLUSHALL.
 */
import type { RedisKeys, RedisValue, StoredJob } from './redis-keys.js';
import type { Scheduler } from './scheduler.js';
import { LaterReply, type ServerConnection } from './server-connection.js';

export interface FetchedJob {
  readonly id: string;
  readonly taskId: string;
  readonly failures: number;
}

interface Fetcher {
  readonly connection: ServerConnection;
  readonly token: string;
  readonly reply: (job: FetchedJob) => void;
}

/** The server that the queue lives in. */
export interface JobQueueServer {
  readonly keys: RedisKeys;
  readonly scheduler: Scheduler;
  readonly isUp: boolean;
}

type Jobs = Extract<RedisValue, { type: 'jobs' }>;

export class JobQueue {
  readonly #server: JobQueueServer;
  #fetchers: Fetcher[] = [];
  #lastStalledCheckAt = 0;

  constructor(server: JobQueueServer) {
    this.#server = server;
  }

  get waitingCount(): number {
    return this.#jobs().waiting.length;
  }

  /** A connection is gone, and with it whoever waited on it for a job. */
  forget(connection: ServerConnection): void {
    this.#fetchers = this.#fetchers.filter((fetcher) => fetcher.connection !== connection);
  }

  execute(connection: ServerConnection, name: string, args: readonly unknown[]): unknown {
    const [first, second, third] = args;
    switch (name) {
      case 'job.add':
        return this.#add(String(first), String(second), third === 'first');
      case 'job.fetch':
        return new LaterReply((reply) => {
          this.#fetchers.push({ connection, token: String(first), reply });
          this.#hand();
        });
      case 'job.extend':
        return this.#change(String(first), String(second), (job) => ({ ...job, lockedUntil: this.#now + LOCK_MS }));
      case 'job.complete':
        return this.#change(String(first), String(second), () => undefined);
      case 'job.delay':
        return this.#delay(String(first), String(second), Number(third), Number(args[3]));
      case 'job.stalled':
        return this.#requeueStalled();
      default:
        throw new Error(`the simulated queue does not know ${name}`);
    }
  }

  get #now(): number {
    return this.#server.scheduler.now;
  }

  #jobs(): Jobs {
    const value = this.#server.keys.get(KEY);
    return value?.type === 'jobs' ? value : { type: 'jobs', jobs: new Map(), waiting: [] };
  }

  #write(change: (jobs: Map<string, StoredJob>, waiting: string[]) => void): void {
    const { jobs, waiting } = this.#jobs();
    const next = { type: 'jobs' as const, jobs: new Map(jobs), waiting: [...waiting] };
    change(next.jobs, next.waiting);
    this.#server.keys.set(KEY, next);
  }

  #add(id: string, taskId: string, isFirst: boolean): boolean {
    if (this.#jobs().jobs.has(id)) return false;
    this.#write((jobs, waiting) => {
      jobs.set(id, { id, taskId, state: 'waiting', token: '', lockedUntil: 0, dueAt: 0, failures: 0 });
      if (isFirst) waiting.unshift(id);
      else waiting.push(id);
    });
    this.#hand();
    return true;
  }

  #hand(): void {
    while (this.#fetchers.length > 0 && this.#jobs().waiting.length > 0) {
      const fetcher = this.#fetchers.shift() as Fetcher;
      this.#write((jobs, waiting) => {
        const id = waiting.shift() as string;
        const job = jobs.get(id) as StoredJob;
        jobs.set(id, { ...job, state: 'active', token: fetcher.token, lockedUntil: this.#now + LOCK_MS });
        fetcher.reply({ id, taskId: job.taskId, failures: job.failures });
      });
    }
  }

  /** Only by the worker that still has the job. */
  #change(id: string, token: string, change: (job: StoredJob) => StoredJob | undefined): boolean {
    const job = this.#jobs().jobs.get(id);
    if (job === undefined || job.state !== 'active' || job.token !== token) return false;
    const changed = change(job);
    this.#write((jobs) => {
      if (changed === undefined) jobs.delete(id);
      else jobs.set(id, changed);
    });
    return true;
  }

  #delay(id: string, token: string, forMs: number, failures: number): boolean {
    const dueAt = this.#now + forMs;
    const isDone = this.#change(id, token, (job) => ({ ...job, state: 'delayed', token: '', dueAt, failures }));
    if (isDone) this.#server.scheduler.schedule(forMs, () => this.#promote());
    return isDone;
  }

  #promote(): void {
    if (!this.#server.isUp) return;
    const due = [...this.#jobs().jobs.values()].filter((job) => job.state === 'delayed' && job.dueAt <= this.#now);
    this.#requeue(due);
  }

  #requeueStalled(): number {
    // The check of whichever worker comes first counts for all of them.
    if (this.#now - this.#lastStalledCheckAt < STALLED_CHECK_MS * 0.9) return 0;
    this.#lastStalledCheckAt = this.#now;
    this.#promote();
    const stalled = [...this.#jobs().jobs.values()].filter((job) => job.state === 'active' && job.lockedUntil <= this.#now);
    this.#requeue(stalled);
    return stalled.length;
  }

  #requeue(found: readonly StoredJob[]): void {
    if (found.length === 0) return;
    this.#write((jobs, waiting) => {
      for (const job of found) {
        jobs.set(job.id, { ...job, state: 'waiting', token: '' });
        waiting.push(job.id);
      }
    });
    this.#hand();
  }
}

const KEY = 'queue';
/** As `steps/step-worker.ts` sets them. */
export const LOCK_MS = 3_000;
export const STALLED_CHECK_MS = 1_000;
