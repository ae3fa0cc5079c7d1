import t from 'tap';
import { within } from '../../../src/base/within.js';
import { createSteeredClock } from '../../support/steered-clock.js';

t.test('an answer in time is the answer, also when it is an error', async (t) => {
  const clock = createSteeredClock();
  t.equal(await within(clock, 100, Promise.resolve(7)), 7);
  await t.rejects(within(clock, 100, Promise.reject(new Error('broken'))), { message: 'broken' });
});

t.test('a late answer is said to be late, and its error after that disturbs nobody', async (t) => {
  const clock = createSteeredClock();
  let fail: (error: Error) => void = () => {};
  const answer = new Promise<void>((_, reject) => {
    fail = reject;
  });
  const late = t.rejects(within(clock, 100, answer), { message: 'no answer within 100 ms' });
  await clock.advance(100);
  await late;
  const unheard: unknown[] = [];
  const onUnheard = (error: unknown) => unheard.push(error);
  process.on('unhandledRejection', onUnheard);
  t.teardown(() => process.off('unhandledRejection', onUnheard));
  fail(new Error('too late'));
  await new Promise(setImmediate);
  t.same(unheard, []);
});
