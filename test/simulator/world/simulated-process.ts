/**
 * One process of the world: it can be killed, stopped and cut off, and everything it sends passes here first.
 *
 * A killed process is dead at once: its timers and the answers to it never come (`scheduler.ts`, D3), what it sent may arrive.
 */

import { ProcessClock } from './process-clock.js';
import type { Owner, ScheduledEvent, Scheduler } from './scheduler.js';

/** What a process can be cut off from. */
export type Peer = 'redis' | 'sql';

export interface ProcessOptions {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly skewMs: number;
  readonly rate: number;
}

export class SimulatedProcess implements Owner {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly clock: ProcessClock;
  readonly held: ScheduledEvent[] = [];
  isAlive = true;
  isStopped = false;
  readonly #cutOffUntil: Record<Peer, number> = { redis: 0, sql: 0 };
  readonly #onDeath: (() => void)[] = [];
  #sendsLeft = Number.POSITIVE_INFINITY;

  constructor({ name, scheduler, skewMs, rate }: ProcessOptions) {
    this.name = name;
    this.scheduler = scheduler;
    this.clock = new ProcessClock({ owner: this, scheduler, skewMs, rate });
  }

  onDeath(run: () => void): void {
    this.#onDeath.push(run);
  }

  kill(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.scheduler.trace.add(this.scheduler.now, `${this.name} KILLED`);
    for (const run of this.#onDeath) run();
  }

  /** It dies at its n-th message from now: that one is still sent or not, as the seed says. */
  killAtSend(count: number): void {
    this.#sendsLeft = count;
  }

  /** Asked before every message to the outside; false = it never leaves. */
  maySend(): boolean {
    if (!this.isAlive) return false;
    this.#sendsLeft -= 1;
    if (this.#sendsLeft > 0) return true;
    const isSent = this.scheduler.random.chance(0.5);
    // Killing tells others, who must not run inside of whoever sends.
    if (!isSent) this.kill();
    else this.scheduler.schedule(0, () => this.kill());
    return isSent;
  }

  /** @param isMachine the whole machine sleeps, and its monotonic clock with it; else only this process is stopped. */
  stop(forMs: number, isMachine: boolean): void {
    if (!this.isAlive || this.isStopped) return;
    this.isStopped = true;
    this.scheduler.trace.add(this.scheduler.now, `${this.name} STOPPED for ${forMs.toFixed(0)}${isMachine ? ' (machine)' : ''}`);
    this.scheduler.schedule(forMs, () => {
      if (!this.isAlive) return;
      this.isStopped = false;
      if (isMachine) this.clock.suspended(forMs);
      this.scheduler.trace.add(this.scheduler.now, `${this.name} GOES ON`);
      this.scheduler.release(this);
    });
  }

  cutOff(peer: Peer, forMs: number): void {
    this.scheduler.trace.add(this.scheduler.now, `${this.name} CUT OFF from ${peer} for ${forMs.toFixed(0)}`);
    this.#cutOffUntil[peer] = Math.max(this.#cutOffUntil[peer], this.scheduler.now + forMs);
  }

  /** How long nothing passes between it and that peer; 0 = it does now. */
  cutOffMs(peer: Peer): number {
    return Math.max(0, this.#cutOffUntil[peer] - this.scheduler.now);
  }
}
