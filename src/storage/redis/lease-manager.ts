/**
 * Leases in Redis: who tries a task right now. Safety is the epoch's (R3); this makes takeover quick and double work rare.
 *
 * Owns: the keys `<prefix>:lease:{<taskId>}`, their renewal and the local view of when each ends; `<prefix>:leases-known-since`, by which
 * it sees that Redis forgot.
 * - L1 A lease is local truth only until its deadline, counted from before the command that set it and ending before
 *   the server's expiry. Past it `lost` aborts, whatever Redis says later.
 * - L2 The deadline holds against both clocks: the monotonic one stands still while a machine sleeps, the wall clock
 *   jumps. The key itself expires by the server's wall clock.
 * - L3 A key that is gone before the deadline was not expired but lost (FLUSHALL, failover), and nobody has taken the task since
 *   unless the key is there again: renewing creates it anew.
 * - L4 A Redis that forgot says of no lease that it is gone: for one lease time after the first look, `held` answers with every task.
 *   By then whoever holds one has renewed it (L3) or given up (L1). So nobody takes a run from a live worker because Redis lost its
 *   keys, and a dead worker's run waits for one lease more at most.
 */
import type { Redis } from 'ioredis';
import type { CancelTimer, Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import { Roll } from '../../base/roll.js';
import type { Logger } from '../../observe/log.js';
import type { LeaseManager, LeaseOutcome, LeaseView, TaskLease } from '../../tasks/coordination.js';
import { HeldLease } from './held-lease.js';
import { defineLeaseCommands, type LeaseCommands } from './lease-commands.js';

export interface RedisLeaseOptions {
  /** `RedisConnections.main` */
  readonly client: Redis;
  readonly keyPrefix: string;
  /** Time to live of a lease, milliseconds. */
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export class RedisLeaseManager implements LeaseManager, LeaseView {
  readonly #options: RedisLeaseOptions;
  readonly #commands: LeaseCommands;
  readonly #held = new Roll<HeldLease>();
  /** Redis has not answered yet. */
  readonly #asked = new Roll<HeldLease>();
  readonly #process = newId();
  #acquired = 0;
  #renewing = false;
  #nextRenewalMs = 0;
  #wakeAtMs = 0;
  #cancelTimer: CancelTimer | undefined;
  #closed = false;

  constructor(options: RedisLeaseOptions) {
    this.#options = options;
    this.#commands = defineLeaseCommands(options.client);
  }

  async acquire(taskId: string): Promise<LeaseOutcome> {
    if (this.#closed) throw new AppError('STEP_ABORTED', { message: 'This worker is shutting down and takes no more tasks' });
    const { clock, leaseMs } = this.#options;
    this.#acquired += 1;
    const lease = new HeldLease(taskId, `${this.#process}.${this.#acquired}`, leaseMs, clock, (released) => this.#release(released));
    const askedMs = clock.monotonic();
    this.#asked.add(lease);
    const remainingMs = await this.#commands
      .acquire(this.#key(taskId), lease.token, leaseMs)
      .catch((cause: unknown) => {
        throw new AppError('REDIS_UNAVAILABLE', { message: 'Redis cannot be reached to lease a task', cause });
      })
      .finally(() => this.#asked.delete(lease));
    if (remainingMs > 0) return { type: 'held', remainingMs };
    // The answer took longer than the lease lasts (L1), or the owner closed meanwhile: this is nobody's.
    if (this.#closed || lease.isPastDeadline()) {
      await this.#release(lease);
      return { type: 'held', remainingMs: 0 };
    }
    this.#held.add(lease);
    // Counted from before the command, like the deadline: after a slow answer the first renewal is due at once.
    if (this.#held.size === 1 || askedMs + this.#periodMs < this.#nextRenewalMs) this.#nextRenewalMs = askedMs + this.#periodMs;
    this.#wakeIn(this.#nextRenewalMs - clock.monotonic());
    return { type: 'acquired', lease };
  }

  async held(taskIds: readonly string[]): Promise<ReadonlySet<string>> {
    const own = this.#own();
    const others = taskIds.filter((taskId) => !own.has(taskId));
    if (others.length === 0) return new Set(taskIds);
    const { keyPrefix, leaseMs } = this.#options;
    const keys = others.map((taskId) => this.#key(taskId));
    const { live, remembersMs } = await this.#commands.exist(keys, `${keyPrefix}:leases-known-since`).catch((cause: unknown) => {
      throw new AppError('REDIS_UNAVAILABLE', { message: 'Redis cannot be reached to look at leases', cause });
    });
    if (remembersMs < leaseMs) return new Set(taskIds);
    const free = new Set(others.filter((_, index) => !live[index]));
    return new Set(taskIds.filter((taskId) => !free.has(taskId)));
  }

  async remaining(taskIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const left = await this.#commands.remaining(taskIds.map((taskId) => this.#key(taskId))).catch((cause: unknown) => {
      throw new AppError('REDIS_UNAVAILABLE', { message: 'Redis cannot be reached to look at leases', cause });
    });
    return new Map(taskIds.map((taskId, index) => [taskId, left[index] ?? 0] as const).filter(([, ms]) => ms > 0));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#held.list().map((lease: TaskLease) => lease.release()));
    this.#cancelTimer?.();
  }

  async #release(lease: HeldLease): Promise<void> {
    this.#held.delete(lease);
    // A broken connection would keep the deletion and with it this call; the key ends by itself.
    if (this.#options.client.status !== 'ready') return;
    await this.#commands.release(this.#key(lease.taskId), lease.token).catch((error: unknown) => {
      this.#options.log.debug({ err: error, taskId: lease.taskId }, 'A lease could not be released; it expires by itself');
    });
  }

  /** Sees to it that `#wake` runs no later than this. */
  #wakeIn(delayMs: number): void {
    const { clock } = this.#options;
    const wakeAtMs = clock.monotonic() + Math.max(1, delayMs);
    if (this.#cancelTimer !== undefined && this.#wakeAtMs <= wakeAtMs) return;
    this.#cancelTimer?.();
    this.#wakeAtMs = wakeAtMs;
    this.#cancelTimer = clock.after(wakeAtMs - clock.monotonic(), () => this.#wake());
  }

  #wake(): void {
    this.#cancelTimer = undefined;
    const now = this.#options.clock.monotonic();
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const lease of this.#held.list()) {
      if (lease.isPastDeadline()) this.#lose(lease, 'could not be renewed in time');
      else earliestMs = Math.min(earliestMs, lease.remainingMs());
    }
    if (this.#held.size === 0) return;
    if (now >= this.#nextRenewalMs && !this.#renewing) {
      // While Redis is away renewals would pile up and later extend leases that are lost by then.
      const isReady = this.#options.client.status === 'ready';
      this.#nextRenewalMs = now + (isReady ? this.#periodMs : this.#periodMs / 4);
      if (isReady) this.#renew(this.#held.list());
    }
    // An overdue renewal waits for the one under way, whose end wakes us.
    this.#wakeIn(this.#nextRenewalMs > now ? Math.min(this.#nextRenewalMs - now, earliestMs) : earliestMs);
  }

  /** All leases in one round trip. */
  #renew(leases: readonly HeldLease[]): void {
    const sent = leases.map((lease) => ({ lease, deadline: lease.nextDeadline() }));
    this.#renewing = true;
    this.#commands
      .renew(
        sent.map(({ lease }) => [this.#key(lease.taskId), lease.token]),
        this.#options.leaseMs,
      )
      .then((renewed) => {
        for (const [index, { lease, deadline }] of sent.entries()) {
          if (!this.#held.has(lease)) continue;
          if (lease.isPastDeadline()) this.#lose(lease, 'could not be renewed in time');
          else if (renewed[index] === true) lease.extend(deadline);
          else if (renewed[index] === false) this.#lose(lease, 'is held by another worker');
        }
      })
      .catch((error: unknown) => this.#options.log.warn({ err: error, leases: sent.length }, 'Leases could not be renewed'))
      .finally(() => {
        this.#renewing = false;
        // Not by a timer: where the event loop stands still again and again, that would come a whole standstill later.
        this.#cancelTimer?.();
        this.#wake();
      });
  }

  /** L1: what this process holds, or is about to, needs no look; one that is asked for may come to Redis behind the look. */
  #own(): ReadonlySet<string> {
    const own = new Set<string>();
    for (const leases of [this.#held.list(), this.#asked.list()])
      for (const lease of leases) if (!lease.isPastDeadline()) own.add(lease.taskId);
    return own;
  }

  #lose(lease: HeldLease, how: string): void {
    this.#held.delete(lease);
    this.#options.log.warn({ taskId: lease.taskId }, `Lost a task: its lease ${how}`);
    lease.abort(new AppError('TASK_LOST', { message: `The lease of this task ${how}` }));
  }

  #key(taskId: string): string {
    return `${this.#options.keyPrefix}:lease:{${taskId}}`;
  }

  get #periodMs(): number {
    return this.#options.leaseMs / 3;
  }
}
