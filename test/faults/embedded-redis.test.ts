/** The embedded Redis under real deaths: every member is a process of its own, every kill a real one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/observe/log.js';
import { connectRedis } from '../../src/storage/redis/connect.js';
import { waitFor } from '../support/coordination-steps.js';

const MEMBER = fileURLToPath(new URL('../fixtures/embedded-redis-member.js', import.meta.url));

t.test('two processes that start at the same instant share one server', async (t) => {
  const folder = makeFolder(t);
  const members = await Promise.all(Array.from({ length: 4 }, () => startMember(t, folder)));
  t.equal(new Set(members.map((member) => member.socketPath)).size, 1);
  t.equal(processesOf(folder, 'redis-server').length, 1);
  t.equal(processesOf(folder, 'sh').length, 1);
});

t.test('the server stays while one member lives and is gone within 2 s of the last one, killed or not', async (t) => {
  const folder = makeFolder(t);
  const [first, second] = [await startMember(t, folder), await startMember(t, folder)];
  const [server] = processesOf(folder, 'redis-server');
  first.process.kill('SIGKILL');
  await once(first.process, 'exit');
  await useRedis(t, second.socketPath, (client) => client.set('key', 'value'));
  t.same(processesOf(folder, 'redis-server'), [server]);
  const killed = performance.now();
  second.process.kill('SIGKILL');
  await waitFor(() => processesOf(folder).length === 0);
  t.ok(performance.now() - killed < 2_000, `took ${Math.round(performance.now() - killed)} ms`);
  t.notOk(existsSync(second.socketPath), 'no socket is left');
  const third = await startMember(t, folder);
  t.equal(await useRedis(t, third.socketPath, (client) => client.get('key')), 'value', 'what it held is kept');
  await leave(third);
  t.same(processesOf(folder), [], 'the last one out waits for the end');
});

t.test('a process that joins while the server is ending gets a live one', async (t) => {
  const folder = makeFolder(t);
  for (let round = 0; round < 5; round += 1) {
    const leaving = await startMember(t, folder);
    const joining = startMember(t, folder);
    leaving.process.kill('SIGKILL');
    const joined = await joining;
    // It may have joined the ending one: then it heals.
    await useRedis(t, joined.socketPath, (client) => client.set('round', round));
    await waitFor(() => processesOf(folder, 'redis-server').length === 1 && processesOf(folder, 'sh').length === 1);
    t.equal(await useRedis(t, joined.socketPath, (client) => client.get('round')), `${round}`);
    await leave(joined);
  }
});

t.test('a killed server is started again and keeps its data', async (t) => {
  const folder = makeFolder(t);
  const [member] = [await startMember(t, folder), await startMember(t, folder)];
  await useRedis(t, member.socketPath, (client) => client.set('key', 'value'));
  const [server] = processesOf(folder, 'redis-server');
  process.kill(server as number, 'SIGKILL');
  const killed = performance.now();
  t.equal(await useRedis(t, member.socketPath, (client) => client.get('key')), 'value');
  t.ok(performance.now() - killed < 3_000, `answered after ${Math.round(performance.now() - killed)} ms`);
  t.notSame(processesOf(folder, 'redis-server'), [server]);
});

t.test('a killed guardian is replaced, its orphan ended, and still nothing outlives the members', async (t) => {
  const folder = makeFolder(t);
  const [first, second] = [await startMember(t, folder), await startMember(t, folder)];
  await useRedis(t, first.socketPath, (client) => client.set('key', 'value'));
  const [guardian] = processesOf(folder, 'sh');
  const [server] = processesOf(folder, 'redis-server');
  process.kill(guardian as number, 'SIGKILL');
  await waitFor(() => processesOf(folder, 'sh').length === 1 && processesOf(folder, 'redis-server').every((pid) => pid !== server));
  t.equal(await useRedis(t, second.socketPath, (client) => client.get('key')), 'value');
  t.equal(processesOf(folder, 'redis-server').length, 1);
  for (const member of [first, second]) member.process.kill('SIGKILL');
  await waitFor(() => processesOf(folder).length === 0, 2_000);
});

t.test('when everybody is killed at once but the server, the next process ends the orphan first', async (t) => {
  const folder = makeFolder(t);
  const member = await startMember(t, folder);
  await useRedis(t, member.socketPath, (client) => client.set('key', 'value'));
  const [orphan] = processesOf(folder, 'redis-server');
  member.process.kill('SIGSTOP');
  process.kill(processesOf(folder, 'sh')[0] as number, 'SIGKILL');
  member.process.kill('SIGKILL');
  await once(member.process, 'exit');
  t.same(processesOf(folder, 'redis-server'), [orphan]);
  const next = await startMember(t, folder);
  t.equal(processesOf(folder, 'redis-server').length, 1);
  t.notSame(processesOf(folder, 'redis-server'), [orphan]);
  t.equal(await useRedis(t, next.socketPath, (client) => client.get('key')), 'value');
});

t.test('socket and pid file left by a power cut are no obstacle', async (t) => {
  const folder = makeFolder(t);
  const member = await startMember(t, folder);
  member.process.kill('SIGSTOP');
  for (const pid of [...processesOf(folder, 'sh'), ...processesOf(folder, 'redis-server')]) process.kill(pid, 'SIGKILL');
  member.process.kill('SIGKILL');
  await once(member.process, 'exit');
  t.ok(existsSync(member.socketPath), 'the socket was left behind');
  t.ok(existsSync(join(folder, 'redis', 'redis.pid')), 'and the pid file');
  const next = await startMember(t, folder);
  await useRedis(t, next.socketPath, (client) => client.ping());
});

interface Member {
  readonly process: ChildProcess;
  readonly socketPath: string;
}

function makeFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'hector-embedded-'));
  t.teardown(async () => {
    await waitFor(() => processesOf(folder).length === 0, 5_000).catch(() => {
      for (const pid of processesOf(folder)) process.kill(pid, 'SIGKILL');
      t.fail('a process outlived the test');
    });
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

async function startMember(t: Test, folder: string): Promise<Member> {
  const child = spawn(process.execPath, [MEMBER, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const [socketPath] = (await once(lines, 'line', { signal: AbortSignal.timeout(20_000) })) as [string];
  return { process: child, socketPath };
}

async function leave(member: Member): Promise<void> {
  const exited = once(member.process, 'exit', { signal: AbortSignal.timeout(12_000) });
  member.process.stdin?.end();
  const [code] = (await exited) as [number | null];
  if (code !== 0) throw new Error(`a member left with ${code}`);
}

async function useRedis<T>(
  t: Test,
  socketPath: string,
  run: (client: Awaited<ReturnType<typeof connectRedis>>['main']) => Promise<T>,
): Promise<T> {
  const connections = await connectRedis({ url: `unix://${socketPath}`, role: 'test', log: silentLogger, clock: systemClock });
  t.teardown(() => connections.close());
  return run(connections.main).finally(() => connections.close());
}

/** Live processes that work in the folder: `redis-server`, or `sh` for the guardian. */
function processesOf(folder: string, program?: 'redis-server' | 'sh'): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === join(folder, 'redis') && (program ?? readProgram(pid)) === readProgram(pid);
      } catch {
        // It ended while we looked.
        return false;
      }
    });
}

function readProgram(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
}
