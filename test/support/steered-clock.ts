/** A clock that moves only when the test says so. */
import type { Clock } from '../../src/base/clock.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export interface SteeredClock extends Clock {
  /** Runs everything due within the next `ms`, in order, letting promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Resolves once a timer is pending, with the time until the first one is due. */
  untilPending(): Promise<number>;
  pending(): number;
}

export function createSteeredClock(startMs = 1_700_000_000_000): SteeredClock {
  let now = startMs;
  let order = 0;
  const timers = new Set<Timer>();
  const watchers = new Set<() => void>();
  const add = (delayMs: number, run: () => void) => {
    const timer: Timer = { at: now + Math.max(0, delayMs), order: order++, run };
    timers.add(timer);
    for (const watcher of [...watchers]) watcher();
    return timer;
  };
  const first = () => [...timers].sort((a, b) => a.at - b.at || a.order - b.order)[0];
  const clock: SteeredClock = {
    now: () => now,
    monotonic: () => now - startMs,
    after(delayMs, run) {
      const timer = add(delayMs, run);
      return () => timers.delete(timer);
    },
    every(periodMs, run) {
      let timer: Timer;
      const schedule = () => {
        timer = add(periodMs, () => {
          schedule();
          run();
        });
      };
      schedule();
      return () => timers.delete(timer);
    },
    sleep(delayMs, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          timers.delete(timer);
          reject(signal?.reason);
        };
        const timer = add(delayMs, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        });
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let timer = first(); timer !== undefined && timer.at <= end; timer = first()) {
        timers.delete(timer);
        now = Math.max(now, timer.at);
        timer.run();
        await settle();
      }
      now = end;
    },
    untilPending() {
      const next = first();
      if (next !== undefined) return Promise.resolve(next.at - now);
      return new Promise((resolve) => {
        const watcher = () => {
          watchers.delete(watcher);
          resolve((first() as Timer).at - now);
        };
        watchers.add(watcher);
      });
    },
    pending: () => timers.size,
  };
  return clock;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
