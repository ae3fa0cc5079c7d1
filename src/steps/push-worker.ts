/**
 * Takes push jobs and lets the deliverer have its turn, one per config at a time.
 *
 * Owns: the BullMQ worker and the lease of the config whose turn it is. Does not own: what is delivered (`deliver`), nor that
 * nothing is lost; the config's place in SQL is. A turn whose lease is lost ends: another process has it.
 */
import { type ConnectionOptions, type Job, Worker } from 'bullmq';
import type { Clock } from '../base/clock.js';
import { describeError } from '../base/errors.js';
import type { Logger } from '../observe/log.js';
import type { LeaseManager } from '../tasks/coordination.js';
import { delayJob, HELD_MARGIN_MS, WORKER_OPTIONS } from './bull-options.js';
import { PUSH_QUEUE, type PushJob } from './queue-names.js';

export interface PushWorkerOptions {
  readonly connection: ConnectionOptions;
  /** Prefix of all queue keys. */
  readonly prefix: string;
  /** `server.a2a.push.concurrency` */
  readonly concurrency: number;
  readonly leases: LeaseManager;
  readonly deliver: (key: string, signal: AbortSignal) => Promise<PushTurn>;
  readonly clock: Clock;
  readonly log: Logger;
}

export type PushTurn = { readonly type: 'done' } | { readonly type: 'later'; readonly at: number };

export class PushWorker {
  readonly #options: PushWorkerOptions;
  readonly #worker: Worker<PushJob>;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(options: PushWorkerOptions) {
    const { connection, prefix, concurrency, log } = options;
    this.#options = options;
    this.#worker = new Worker<PushJob>(PUSH_QUEUE, (job, token) => this.#process(job, token), {
      ...WORKER_OPTIONS,
      connection,
      prefix,
      concurrency,
    });
    this.#worker.on('error', (error) => log.debug({ err: error }, 'push worker: Redis error'));
    this.#worker.on('failed', (_job, error) => log.warn({ reason: describeError(error) }, 'a push job failed and is tried again'));
  }

  /** Requests under way are cut; whoever goes on sends them again. Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    const limit = new AbortController();
    try {
      // With Redis away, BullMQ would wait for it.
      await Promise.race([this.#worker.close(), this.#options.clock.sleep(CLOSE_MS, limit.signal).catch(() => undefined)]);
    } finally {
      limit.abort();
    }
  }

  async #process(job: Job<PushJob>, token: string | undefined): Promise<void> {
    const { leases, deliver, clock } = this.#options;
    const { key } = job.data;
    const outcome = await leases.acquire(`push.${key}`);
    if (outcome.type === 'held') return await delayJob(job, clock.now() + outcome.remainingMs + HELD_MARGIN_MS, token);
    const { lease } = outcome;
    let turn: PushTurn;
    try {
      turn = await deliver(key, AbortSignal.any([this.#closing.signal, lease.lost]));
    } finally {
      await lease.release();
    }
    if (turn.type === 'later') await delayJob(job, turn.at, token);
  }
}

const CLOSE_MS = 2_000;
