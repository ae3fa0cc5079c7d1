/** The system's clock, whose sleeps are a fraction as long; tells how long they were asked to be. Timers stay as they are. */
import { type Clock, systemClock } from '../../src/base/clock.js';

export function createQuickClock(factor = 100): Clock & { readonly sleeps: readonly number[] } {
  const sleeps: number[] = [];
  return {
    ...systemClock,
    sleeps,
    sleep(delayMs, signal) {
      sleeps.push(delayMs);
      return systemClock.sleep(delayMs / factor, signal);
    },
  };
}
