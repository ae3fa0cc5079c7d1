import t, { type Test } from 'tap';
import { AppError } from '../../../../src/base/errors.js';
import type { RemoteReading } from '../../../../src/config/sources/remote-store.js';
import { watchRemote } from '../../../../src/config/sources/watch-remote.js';
import { createSteeredClock } from '../../../support/steered-clock.js';

/** A service as the watch sees it. */
function watchWorld(t: Test, awaitChange: (position: string, signal: AbortSignal) => Promise<void>) {
  const clock = createSteeredClock();
  const world = {
    clock,
    revision: 'a',
    isAway: false,
    reads: 0,
    changes: [] as string[],
    warnings: [] as string[],
  };
  const get = async (): Promise<RemoteReading> => {
    world.reads += 1;
    if (world.isAway) throw new AppError('CONFIG_SOURCE_UNAVAILABLE', { message: 'it is away' });
    return { value: { bytes: Buffer.alloc(0), revision: world.revision }, position: world.revision };
  };
  const stop = watchRemote({
    place: 'consul://h/k',
    get,
    awaitChange,
    onChange: () => world.changes.push(world.revision),
    warn: (message) => world.warnings.push(message),
    clock,
  });
  t.teardown(stop);
  return { ...world, world, stop };
}

const never = (_position: string, signal: AbortSignal) =>
  new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

t.test('a connection that died without a word costs no more than a minute', async (t) => {
  const { world, clock } = watchWorld(t, never);
  await clock.advance(59_000);
  t.same([world.reads, world.changes], [1, ['a']]);
  world.revision = 'b';
  await clock.advance(2_000);
  t.same([world.reads, world.changes, world.warnings], [2, ['a', 'b'], []]);
});

t.test('a service that never lets us wait is not asked without end', async (t) => {
  const { world, clock } = watchWorld(t, async () => undefined);
  await clock.advance(1_000);
  t.ok(world.reads > 1 && world.reads <= 11, `${world.reads} readings in a second`);
  t.same(world.changes, ['a'], 'and nobody is called for the same revision');
});

t.test('while it is away it is asked less and less, and told once; what is there afterwards is always told', async (t) => {
  const { world, clock } = watchWorld(t, never);
  await clock.advance(0);
  world.isAway = true;
  await clock.advance(60_000 + 60_000);
  const reads = world.reads;
  t.ok(reads < 14, `${reads} readings in two minutes`);
  t.same(world.warnings, ['consul://h/k cannot be watched, what was read last stays: it is away']);
  world.isAway = false;
  await clock.advance(17_000);
  t.equal(world.reads, reads + 1);
  t.same(world.changes, ['a', 'a']);
  t.equal(world.warnings.length, 2);
});

t.test('what is ended waits for nothing any more', async (t) => {
  for (const isAway of [false, true]) {
    const { world, clock, stop } = watchWorld(t, never);
    world.isAway = isAway;
    await clock.advance(100);
    const reads = world.reads;
    stop();
    stop();
    await clock.advance(300_000);
    t.same([world.reads, clock.pending()], [reads, 0]);
  }
});
