import { once } from 'node:events';
import { type ConnectionOptions, Queue, Worker } from 'bullmq';
import t from 'tap';
import { systemClock as clock } from '../../../../src/base/clock.js';
import { silentLogger as log } from '../../../../src/observe/log.js';
import { connectRedis } from '../../../../src/storage/redis/connect.js';
import { findEviction } from '../../../../src/storage/redis/redis-safety.js';
import { recordLog } from '../../../support/record-log.js';
import { startTempRedis } from '../../../support/temp-redis.js';

t.test('a Redis that cannot be reached is named without its password, with the cure', async (t) => {
  const failing = connectRedis({ url: 'redis://user:secret@127.0.0.1:1/3', role: 'test', log, clock, timeoutMs: 300 });
  await t.rejects(failing, {
    code: 'REDIS_UNAVAILABLE',
    message: /^Redis at 127\.0\.0\.1:1\/3 cannot be reached \(.*ECONNREFUSED.*\)\. Start it, correct `redis\.url`/,
  });
  await failing.catch((error: Error) => t.notMatch(`${error.message} ${error.stack}`, /secret/));
  await t.rejects(connectRedis({ url: 'unix:///nowhere/redis.sock', role: 'test', log, clock, timeoutMs: 300 }), {
    message: /Redis at \/nowhere\/redis\.sock .*ENOENT/,
  });
  await t.rejects(connectRedis({ url: 'http://127.0.0.1', role: 'test', log, clock }), {
    code: 'REDIS_UNAVAILABLE',
    message: /not of the form/,
  });
});

t.test('wrong credentials fail at once', async (t) => {
  const redis = await startTempRedis(t, { arguments: ['--requirepass', 'right'] });
  const started = performance.now();
  await t.rejects(connectRedis({ url: redis.url, role: 'test', log, clock, timeoutMs: 10_000 }), {
    code: 'REDIS_UNAVAILABLE',
    message: /NOAUTH/,
  });
  t.ok(performance.now() - started < 2_000);
});

t.test('a start can be called off', async (t) => {
  const aborter = new AbortController();
  const connecting = connectRedis({ url: 'redis://127.0.0.1:1', role: 'test', log, clock, signal: aborter.signal });
  aborter.abort(new Error('called off'));
  await t.rejects(connecting, { message: 'called off' });
});

t.test('a command that waits for a Redis that went away says so, and names no option of the client library', async (t) => {
  const redis = await startTempRedis(t);
  const connections = await connectRedis({ url: redis.url, role: 'test', log, clock });
  t.teardown(() => connections.close());
  await redis.stop();
  const error = await connections.main.get('key').then(
    () => t.fail('answered') as never,
    (reason: Error) => reason,
  );
  t.match(error, { name: 'MaxRetriesPerRequestError', message: 'Redis does not answer' });
});

t.test('a Redis that evicts keys is refused with the cure (ARCHITECTURE §6)', async (t) => {
  const redis = await startTempRedis(t, { arguments: ['--maxmemory-policy', 'allkeys-lru'] });
  await t.rejects(connectRedis({ url: redis.url, role: 'test', log, clock }), {
    code: 'REDIS_EVICTS',
    message: /allkeys-lru.*CONFIG SET maxmemory-policy noeviction/,
  });
});

t.test('a policy that is changed while Hector runs is found, with the cure', async (t) => {
  const redis = await startTempRedis(t, { appendOnly: true });
  const connections = await connectRedis({ url: redis.url, role: 'test', log, clock });
  t.teardown(() => connections.close());
  t.equal(await findEviction(connections.main), undefined);
  await connections.main.config('SET', 'maxmemory-policy', 'allkeys-lru');
  t.match(await findEviction(connections.main), /allkeys-lru.*CONFIG SET maxmemory-policy noeviction/);
  await connections.main.config('SET', 'maxmemory-policy', 'noeviction');
  t.equal(await findEviction(connections.main), undefined);
});

t.test('a Redis without an append-only file is used, with a warning', async (t) => {
  const recorded = recordLog();
  const [without, with_] = [await startTempRedis(t), await startTempRedis(t, { appendOnly: true })];
  await (await connectRedis({ url: with_.url, role: 'test', log: recorded.log, clock })).close();
  t.same(recorded.lines, []);
  await (await connectRedis({ url: without.url, role: 'test', log: recorded.log, clock })).close();
  t.match(recorded.lines, [/appendonly yes/]);
});

t.test('a managed Redis that forbids CONFIG is used, and still checked', async (t) => {
  const recorded = recordLog();
  const redis = await startTempRedis(t, { appendOnly: true, arguments: ['--rename-command', 'CONFIG', ''] });
  await (await connectRedis({ url: redis.url, role: 'test', log: recorded.log, clock })).close();
  t.same(recorded.lines, []);
  const evicting = await startTempRedis(t, { arguments: ['--rename-command', 'CONFIG', '', '--maxmemory-policy', 'volatile-ttl'] });
  await t.rejects(connectRedis({ url: evicting.url, role: 'test', log, clock }), { code: 'REDIS_EVICTS' });
});

t.test('BullMQ works on the connections it is given, and goes on right after an outage (recovery times)', async (t) => {
  const redis = await startTempRedis(t, { appendOnly: true });
  const connections = await connectRedis({ url: redis.url, role: 'test', log, clock });
  const queueConnection: ConnectionOptions = connections.forQueue();
  const queue = new Queue('steps', { connection: queueConnection, prefix: 'test' });
  const done: (string | undefined)[] = [];
  const worker = new Worker('steps', async (job) => void done.push(job.id), {
    connection: connections.forWorker(),
    prefix: 'test',
    concurrency: 4,
  });
  queue.on('error', () => undefined);
  worker.on('error', () => undefined);
  t.teardown(async () => {
    await worker.close();
    await queue.close();
    await connections.close();
  });
  const first = once(worker, 'completed', { signal: AbortSignal.timeout(5_000) });
  await queue.add('step', {}, { jobId: 'task.1' });
  await first;
  await redis.kill('SIGKILL');
  await t.rejects(queue.add('step', {}, { jobId: 'task.2' }), 'adding does not wait for ever');
  await redis.restart();
  const second = once(worker, 'completed', { signal: AbortSignal.timeout(5_000) });
  const back = performance.now();
  await queue.add('step', {}, { jobId: 'task.3' });
  await second;
  t.ok(performance.now() - back < 2_000, `consumed ${Math.round(performance.now() - back)} ms after Redis was back`);
  t.ok(done.includes('task.3'));
});

t.test('a client that is disconnected while it waits to reconnect ends, and so do its commands', async (t) => {
  const redis = await startTempRedis(t);
  const connections = await connectRedis({ url: redis.url, role: 'test', log, clock });
  const client = connections.forWorker();
  await client.ping();
  await redis.kill('SIGKILL');
  while (client.status !== 'reconnecting') await clock.sleep(5);
  const ended = new Promise((resolve) => client.once('end', resolve));
  const pending = client.get('key');
  client.disconnect();
  await t.rejects(pending, { message: /Connection is closed/ });
  await ended;
  await connections.close();
});

t.test('closing ends every connection', async (t) => {
  const redis = await startTempRedis(t);
  const watcher = await connectRedis({ url: redis.url, role: 'watcher', log, clock });
  const connections = await connectRedis({ url: redis.url, role: 'test', log, clock });
  await Promise.all([connections.forQueue().ping(), connections.forWorker().ping(), connections.subscriber.subscribe('x')]);
  const count = async () =>
    String(await watcher.main.client('LIST'))
      .split('\n')
      .filter((line) => line.includes('name=hector-test-')).length;
  t.equal(await count(), 4);
  await connections.close();
  await connections.close();
  t.equal(await count(), 0);
  await watcher.close();
});
