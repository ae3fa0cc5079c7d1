import t from 'tap';
import { delta, event, follow, waitFor } from '../../../support/coordination-steps.js';
import { recordLog } from '../../../support/record-log.js';
import { startRedisProcess } from '../../../support/redis-process.js';
import { startTempRedis } from '../../../support/temp-redis.js';

t.test('a follower whose connection was killed gets a gap, after which it misses nothing (C2)', async (t) => {
  const redis = await startTempRedis(t);
  const worker = await startRedisProcess(t, redis.url);
  const front = await startRedisProcess(t, redis.url);
  const follower = await follow(front.receiver, 'task');
  const other = await follow(front.receiver, 'other');
  await worker.publisher.publishEvents([event('task', 1)]);
  await follower.until(1);
  await worker.connections.main.client('KILL', 'TYPE', 'PUBSUB');
  await Promise.all([follower.untilGaps(1), other.untilGaps(1)]);
  await worker.publisher.publishEvents([event('task', 2)]);
  await follower.until(2);
  t.same(follower.places(), ['1', '2']);
});

t.test('followers get a gap after Redis restarted, empty, and live items flow again', async (t) => {
  const redis = await startTempRedis(t);
  const { publisher, receiver } = await startRedisProcess(t, redis.url);
  const follower = await follow(receiver, 'task');
  await redis.kill('SIGKILL');
  await redis.restart();
  const back = performance.now();
  await follower.untilGaps(1);
  t.ok(performance.now() - back < 2_000, 'soon after Redis is back');
  await publisher.publishEvents([event('task', 1)]);
  await follower.until(1);
});

t.test('publishing during an outage neither throws nor waits, and goes on after it', async (t) => {
  const redis = await startTempRedis(t);
  const worker = await startRedisProcess(t, redis.url, { maxQueued: 5 });
  await redis.kill('SIGKILL');
  await waitFor(() => worker.connections.main.status !== 'ready');
  const started = performance.now();
  for (let seq = 1; seq <= 8; seq += 1) await worker.publisher.publishEvents([event('task', seq)]);
  await worker.publisher.publishDelta(delta('task', { seq: 8, n: 1 }));
  t.ok(performance.now() - started < 100);
  t.equal(worker.publisher.dropped, 4, 'three events past the limit and the delta');
  await redis.restart();
  const front = await startRedisProcess(t, redis.url);
  const follower = await follow(front.receiver, 'task');
  await waitFor(() => worker.connections.main.status === 'ready');
  await worker.publisher.publishEvents([event('task', 9)]);
  await waitFor(() => follower.places().at(-1) === '9');
  t.pass('and it goes on');
});

t.test('a lost event of a publisher reaches followers that never lost their own connection as a gap (F2)', async (t) => {
  const redis = await startTempRedis(t);
  const worker = await startRedisProcess(t, redis.url, { maxQueued: 3 });
  const front = await startRedisProcess(t, redis.url);
  const follower = await follow(front.receiver, 'task');
  for (let seq = 1; seq <= 5; seq += 1) void worker.publisher.publishEvents([event('task', seq)]);
  await follower.untilGaps(1);
  t.same(follower.places(), ['1', '2', '3']);
  t.equal(worker.publisher.dropped, 2);
});

t.test('once a delta is lost, later ones of the same preview are withheld: no hole in the text (F3)', async (t) => {
  const redis = await startTempRedis(t);
  const { publisher, receiver } = await startRedisProcess(t, redis.url, { maxQueued: 2 });
  const follower = await follow(receiver, 'task');
  for (let n = 1; n <= 4; n += 1) void publisher.publishDelta(delta('task', { seq: 1, n }));
  await follower.until(2);
  await publisher.publishDelta(delta('task', { seq: 1, n: 5 }));
  await publisher.publishEvents([event('task', 2)]);
  await publisher.publishDelta(delta('task', { seq: 2, n: 1 }));
  await follower.until(4);
  t.same(follower.places(), ['1.1', '1.2', '2', '2.1']);
});

t.test('a task is subscribed once per process, and not longer than somebody follows it (C1)', async (t) => {
  const redis = await startTempRedis(t);
  const { receiver, connections } = await startRedisProcess(t, redis.url);
  const subscribers = async () => Number((await connections.main.pubsub('NUMSUB', 'test:feed:{task}'))[1]);
  const first = await follow(receiver, 'task');
  const second = await follow(receiver, 'task');
  t.equal(await subscribers(), 1);
  first.close();
  first.close();
  t.equal(await subscribers(), 1);
  second.close();
  await waitFor(async () => (await subscribers()) === 0);
  const third = await follow(receiver, 'task');
  third.close();
  const fourth = await follow(receiver, 'task');
  t.equal(await subscribers(), 1, 'closing and following at once leaves it subscribed');
  fourth.close();
});

t.test('what is no feed message is logged and ignored', async (t) => {
  const redis = await startTempRedis(t);
  const { log, lines } = recordLog();
  const { receiver, publisher, connections } = await startRedisProcess(t, redis.url, { log });
  const follower = await follow(receiver, 'task');
  const wrong = ['{', 'null', '{"events":[{"seq":1}]}', '{"delta":{"taskId":"other","seq":1,"epoch":1,"n":1,"text":""}}', '{"events":7}'];
  for (const text of wrong) await connections.main.publish('test:feed:{task}', text);
  await publisher.publishEvents([event('task', 1)]);
  await follower.until(1);
  t.same(follower.places(), ['1']);
  t.equal(lines.filter((line) => line.includes('no feed message')).length, wrong.length);
});

t.test('one follower that throws does not cost the others their items', async (t) => {
  const redis = await startTempRedis(t);
  const { receiver, publisher } = await startRedisProcess(t, redis.url);
  await receiver.subscribe(
    'task',
    () => {
      throw new Error('broken follower');
    },
    () => undefined,
  );
  const follower = await follow(receiver, 'task');
  await publisher.publishEvents([event('task', 1)]);
  await follower.until(1);
  t.pass('it came');
});

t.test('kept deltas are bounded in number and bytes, and end soon after the task', async (t) => {
  const redis = await startTempRedis(t);
  const { receiver, publisher, connections } = await startRedisProcess(t, redis.url);
  const follower = await follow(receiver, 'task');
  const text = 'x'.repeat(64 * 1024);
  for (let n = 1; n <= 200; n += 1) {
    await publisher.publishDelta(delta('task', { seq: 1, n, text }));
    await follower.until(n);
  }
  t.ok((await receiver.deltas('task', 1)).length <= 64);
  t.equal((await receiver.deltas('task', 1)).at(-1)?.n, 200);
  t.ok((await connections.main.pttl('test:deltas:{task}')) > 60_000);
  await publisher.publishEvents([event('task', 2, 'TASK_STATE_COMPLETED')]);
  await follower.until(201);
  t.ok((await connections.main.pttl('test:deltas:{task}')) <= 10_000);
});

t.test('the waiting announcements are bounded in bytes too', async (t) => {
  const redis = await startTempRedis(t);
  const { publisher } = await startRedisProcess(t, redis.url);
  await redis.kill('SIGSTOP');
  t.teardown(() => redis.kill('SIGCONT'));
  const text = 'x'.repeat(4 * 1024 * 1024);
  for (let n = 1; n <= 30; n += 1) await publisher.publishDelta(delta(`task-${n}`, { seq: 1, n: 1, text }));
  t.ok(publisher.dropped > 10, `${publisher.dropped} dropped`);
  await redis.kill('SIGCONT');
});
