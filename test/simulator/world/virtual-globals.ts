/**
 * What the product takes from its surroundings besides its `Clock`, answered from the seed: random numbers, ids, `Date.now`,
 * `setImmediate`. Real timers are refused: nothing in a history may wait for real time.
 */
import { replaceIdRandomness } from '../../../src/base/ids.js';
import type { Random } from '../../support/random.js';
import type { Scheduler } from './scheduler.js';

/** Wall clock of the world at its time 0. */
export const WORLD_STARTS_AT = 1_700_000_000_000;

/** Takes them over until the result is called. */
export function takeOverGlobals(scheduler: Scheduler, random: Random): () => void {
  const { setImmediate, setTimeout, setInterval } = globalThis;
  const { random: mathRandom } = Math;
  const { now: dateNow } = Date;
  const refuse = () => {
    throw new Error('a real timer in a simulated history: every wait goes through a Clock');
  };
  const virtualImmediate = (run: (...parameters: unknown[]) => void, ...parameters: unknown[]) =>
    scheduler.addImmediate(() => run(...parameters));
  Object.assign(globalThis, { setImmediate: virtualImmediate, setTimeout: refuse, setInterval: refuse });
  Math.random = () => random.next();
  Date.now = () => WORLD_STARTS_AT + Math.floor(scheduler.now);
  const giveBackIds = replaceIdRandomness((bytes) => {
    for (let index = 0; index < bytes.length; index++) bytes[index] = random.below(256);
  });
  return () => {
    Object.assign(globalThis, { setImmediate, setTimeout, setInterval });
    Math.random = mathRandom;
    Date.now = dateNow;
    giveBackIds();
  };
}
