import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock as clock } from '../../../../src/base/clock.js';
import { silentLogger as log } from '../../../../src/observe/log.js';
import { connectRedis } from '../../../../src/storage/redis/connect.js';
import { startEmbeddedRedis } from '../../../../src/storage/redis/embedded-redis.js';
import { hasWriter } from '../../../../src/storage/redis/life-fifo.js';

t.test('the server is private, durable and never evicts (ARCHITECTURE §3)', async (t) => {
  const directory = makeFolder(t);
  const redis = await startEmbeddedRedis({ directory, binary: '', log, clock });
  t.teardown(() => redis.close());
  t.equal(redis.socketPath, join(directory, 'redis', 'redis.sock'));
  t.equal(statSync(join(directory, 'redis')).mode & 0o777, 0o700);
  t.equal(statSync(redis.socketPath).mode & 0o077, 0);
  const connections = await connectRedis({ url: `unix://${redis.socketPath}`, role: 'test', log, clock });
  t.teardown(() => connections.close());
  const settings = await Promise.all(
    ['port', 'appendonly', 'appendfsync', 'maxmemory-policy', 'save'].map((name) => connections.main.config('GET', name)),
  );
  t.same(settings.flat(), ['port', '0', 'appendonly', 'yes', 'appendfsync', 'everysec', 'maxmemory-policy', 'noeviction', 'save', '']);
});

t.test('members of one process share the server; it ends with the last and leaves no socket', async (t) => {
  const directory = makeFolder(t);
  const [first, second] = await Promise.all([
    startEmbeddedRedis({ directory, binary: '', log, clock }),
    startEmbeddedRedis({ directory, binary: '', log, clock }),
  ]);
  await first.close();
  await first.close();
  t.ok(hasWriter(join(directory, 'redis', 'server')), 'alive');
  await second.close();
  t.notOk(hasWriter(join(directory, 'redis', 'server')), 'gone');
  t.notOk(existsSync(second.socketPath));
});

t.test('whoever joins at any moment of the end gets a live server', async (t) => {
  const directory = makeFolder(t);
  for (let delayMs = 0; delayMs <= 150; delayMs += 10) {
    const leaving = await startEmbeddedRedis({ directory, binary: '', log, clock });
    const left = leaving.close();
    await clock.sleep(delayMs);
    const joined = await startEmbeddedRedis({ directory, binary: '', log, clock });
    await left;
    const connections = await connectRedis({ url: `unix://${joined.socketPath}`, role: 'test', log, clock });
    await connections.main.set('round', delayMs);
    t.equal(await connections.main.get('round'), `${delayMs}`);
    await connections.close();
    await joined.close();
  }
});

t.test('a path too long for a socket moves the socket to a private temporary folder, which goes too', async (t) => {
  const directory = join(makeFolder(t), 'a'.repeat(60), 'b'.repeat(60));
  const redis = await startEmbeddedRedis({ directory, binary: '', log, clock });
  t.ok(Buffer.byteLength(redis.socketPath) <= 103);
  t.equal(statSync(dirname(redis.socketPath)).mode & 0o777, 0o700);
  t.equal(readFileSync(join(directory, 'redis', 'socket-path'), 'utf8'), redis.socketPath);
  const joined = await startEmbeddedRedis({ directory, binary: '', log, clock });
  t.equal(joined.socketPath, redis.socketPath);
  await Promise.all([redis.close(), joined.close()]);
  t.notOk(existsSync(dirname(redis.socketPath)));
});

t.test('a path with spaces, quotes and other letters works', async (t) => {
  const directory = join(makeFolder(t), `my "own" $HOME 'é`);
  const redis = await startEmbeddedRedis({ directory, binary: '', log, clock });
  const connections = await connectRedis({ url: `unix://${redis.socketPath}`, role: 'test', log, clock });
  t.equal(await connections.main.ping(), 'PONG');
  await connections.close();
  await redis.close();
  t.notOk(existsSync(redis.socketPath));
});

t.test('a folder that cannot be used is named, with the cure', async (t) => {
  const folder = makeFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const directory = join(folder, 'file', '.hector');
  await t.rejects(startEmbeddedRedis({ directory, binary: '', log, clock }), {
    code: 'STATE_FOLDER_UNUSABLE',
    message: new RegExp(`${directory}/redis cannot be used .*ENOTDIR.*Make it writable`),
  });
});

t.test('a missing program is an error that says how to get one, and leaves nothing behind', async (t) => {
  const directory = makeFolder(t);
  await t.rejects(startEmbeddedRedis({ directory, binary: 'no-such-redis', log, clock }), {
    code: 'REDIS_BINARY_NOT_FOUND',
    message: /no-such-redis.*apt-get install redis-server.*brew install redis.*redis\.url/,
  });
  t.notOk(hasWriter(join(directory, 'redis', 'guardian')));
});

t.test('a program that is too old is refused with both versions', async (t) => {
  const folder = makeFolder(t);
  const binary = join(folder, 'old-redis');
  writeFileSync(binary, '#!/bin/sh\necho "Redis server v=5.0.7 sha=00000000:0 malloc=jemalloc"\n');
  chmodSync(binary, 0o755);
  await t.rejects(startEmbeddedRedis({ directory: folder, binary, log, clock }), {
    code: 'REDIS_BINARY_NOT_FOUND',
    message: /old-redis is 5\.0\.7; Hector needs 6\.2\.0/,
  });
});

t.test('a server that cannot start shows the end of its log, quickly', async (t) => {
  const directory = makeFolder(t);
  mkdirSync(join(directory, 'redis', 'appendonlydir'), { recursive: true });
  writeFileSync(join(directory, 'redis', 'appendonlydir', 'appendonly.aof.manifest'), 'nonsense\n');
  const started = performance.now();
  await t.rejects(startEmbeddedRedis({ directory, binary: '', log, clock }), {
    code: 'REDIS_UNAVAILABLE',
    message: /End of its log:[\s\S]*manifest/,
  });
  t.ok(performance.now() - started < 3_000);
  t.notOk(hasWriter(join(directory, 'redis', 'guardian')));
});

t.test('a start can be called off', async (t) => {
  const directory = makeFolder(t);
  await t.rejects(startEmbeddedRedis({ directory, binary: '', log, clock, signal: AbortSignal.abort(new Error('called off')) }), {
    message: 'called off',
  });
});

function makeFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'hector-embedded-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
