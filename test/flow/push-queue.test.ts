/** The queue of deliveries over a real Redis: turns of one webhook, one after the other. */
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/observe/log.js';
import { BullPushQueue } from '../../src/steps/push-queue.js';
import { type PushTurn, PushWorker } from '../../src/steps/push-worker.js';
import { connectRedis } from '../../src/storage/redis/connect.js';
import { RedisLeaseManager } from '../../src/storage/redis/lease-manager.js';
import { waitFor } from '../support/coordination-steps.js';
import { startTempRedis } from '../support/temp-redis.js';

const common = { clock: systemClock, log: silentLogger };

async function start(t: Test, deliver: (key: string, signal: AbortSignal, turn: number) => Promise<PushTurn>) {
  const redis = await startTempRedis(t);
  const connections = await connectRedis({ url: redis.url, role: 'test', ...common });
  t.teardown(() => connections.close());
  const leases = new RedisLeaseManager({ client: connections.main, keyPrefix: 'hector', leaseMs: 1_500, ...common });
  t.teardown(() => leases.close());
  const queue = new BullPushQueue({ connection: connections.forQueue(), prefix: 'hector', log: silentLogger });
  t.teardown(() => queue.close());
  let turns = 0;
  const worker = new PushWorker({
    ...{ connection: connections.forWorker(), prefix: 'hector', concurrency: 8, leases, ...common },
    deliver: (key, signal) => deliver(key, signal, ++turns),
  });
  t.teardown(() => worker.close());
  return { queue, worker, connections, turns: () => turns };
}

t.test('news that come during a turn get another turn behind it, one for all of them', async (t) => {
  let running = 0;
  let finish = () => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const { queue, turns } = await start(t, async (_key, _signal, turn) => {
    running += 1;
    t.equal(running, 1, 'never two at once');
    if (turn === 1) await held;
    running -= 1;
    return { type: 'done' };
  });
  await queue.enqueue('a');
  await waitFor(() => turns() === 1);
  for (let n = 0; n < 5; n++) await queue.enqueue('a');
  t.equal(turns(), 1);
  finish();
  await waitFor(() => turns() === 2);
  await queue.enqueue('a');
  await waitFor(() => turns() === 3);
});

t.test('a turn that asks for a later one gets it, and nothing is left in Redis when all is done', async (t) => {
  const at: number[] = [];
  const { queue, connections } = await start(t, async (_key, _signal, turn) => {
    at.push(Date.now());
    return turn === 1 ? { type: 'later', at: Date.now() + 300 } : { type: 'done' };
  });
  await queue.enqueue('a');
  await waitFor(() => at.length === 1);
  await queue.enqueue('a');
  await waitFor(() => at.length === 2);
  t.ok((at[1] as number) - (at[0] as number) >= 290, 'news do not shorten the wait');
  const left = async () => (await connections.main.keys('hector:push:*')).filter((key) => /:de:|:\d+$|dn/.test(key));
  await waitFor(async () => (await left()).length === 0);
});

t.test('what is due by now is not kept waiting by an earlier turn that asked for a later one', async (t) => {
  const { queue, turns } = await start(t, async (_key, _signal, turn) =>
    turn === 1 ? { type: 'later', at: Date.now() + 600_000 } : { type: 'done' },
  );
  await queue.enqueue('a');
  await waitFor(() => turns() === 1);
  await waitFor(async () => {
    await queue.enqueue('a', true);
    return turns() >= 2;
  });
  t.pass('it came at once, not after ten minutes');
});

t.test('a turn whose lease is lost ends: another process has the webhook', async (t) => {
  let reason: unknown;
  const { queue, turns, connections } = await start(t, async (_key, signal) => {
    if (turns() > 1) return { type: 'done' };
    await once(signal, 'abort');
    reason = signal.reason;
    return { type: 'done' };
  });
  await queue.enqueue('a');
  await waitFor(() => turns() === 1);
  const [lease] = (await connections.main.keys('hector:*')).filter((key) => key.includes('push.a'));
  await connections.main.set(lease as string, 'somebody else', 'PX', 60_000);
  await waitFor(() => reason !== undefined);
  t.pass('its signal aborted');
});

t.test('closing cuts the turn that is under way', async (t) => {
  const { queue, worker, turns } = await start(t, async (_key, signal) => {
    await once(signal, 'abort');
    return { type: 'later', at: Date.now() };
  });
  await queue.enqueue('a');
  await waitFor(() => turns() === 1);
  await worker.close();
  t.pass('it has closed');
});
