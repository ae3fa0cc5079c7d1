/**
 * Windows of this process alone.
 *
 * Owns: at most `MAX_WINDOWS` of them. Beyond that, those that have ended go, and if there are none, the one that began first: who had used
 * it up may begin anew.
 */
import type { Clock } from '../base/clock.js';
import type { RateWindows, TakeOutcome, WindowState, WindowTake } from './rate-windows.js';

interface Window {
  used: number;
  readonly endsAtMs: number;
}

export class LocalRateWindows implements RateWindows {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  async take(takes: readonly WindowTake[]): Promise<TakeOutcome> {
    const nowMs = this.#clock.monotonic();
    const isTaken = takes.every(({ key, limit, cost }) => (this.#find(key, nowMs)?.used ?? 0) + Math.max(1, cost) <= limit);
    if (isTaken) for (const take of takes) this.#add(take, nowMs);
    return { isTaken, windows: takes.map((take) => this.#read(take, nowMs)) };
  }

  async spend(spends: readonly Omit<WindowTake, 'limit'>[]): Promise<void> {
    const nowMs = this.#clock.monotonic();
    for (const spend of spends) this.#add(spend, nowMs);
  }

  #find(key: string, nowMs: number): Window | undefined {
    const window = this.#windows.get(key);
    return window === undefined || window.endsAtMs <= nowMs ? undefined : window;
  }

  #read({ key, windowMs }: WindowTake, nowMs: number): WindowState {
    const { used, endsAtMs } = this.#find(key, nowMs) ?? { used: 0, endsAtMs: nowMs + windowMs };
    return { used, resetMs: endsAtMs - nowMs };
  }

  #add({ key, windowMs, cost }: Omit<WindowTake, 'limit'>, nowMs: number): void {
    if (cost === 0) return;
    const window = this.#find(key, nowMs);
    if (window !== undefined) {
      window.used += cost;
      return;
    }
    this.#windows.delete(key);
    if (this.#windows.size >= MAX_WINDOWS) this.#makeRoom(nowMs);
    this.#windows.set(key, { used: cost, endsAtMs: nowMs + windowMs });
  }

  #makeRoom(nowMs: number): void {
    for (const [key, { endsAtMs }] of this.#windows) if (endsAtMs <= nowMs) this.#windows.delete(key);
    const [first] = this.#windows.keys();
    if (this.#windows.size >= MAX_WINDOWS && first !== undefined) this.#windows.delete(first);
  }
}

const MAX_WINDOWS = 10_000;
