/** Redis goes away, forgets or falls silent under load: the system comes back by itself, and no acknowledged step is lost (ARCHITECTURE §3, §5). */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { collectFrames, type Frame, rpc, streamFrames, userMessage } from '../support/a2a-client.js';
import { cutAppendOnlyFile, dropAppendOnlyFile, measureAppendOnlyFile } from '../support/append-only-file.js';
import { waitFor } from '../support/coordination-steps.js';
import { readRuns } from '../support/read-run-log.js';
import { findLoadFaults, type RunLoad, startRunLoad } from '../support/run-load.js';
import { startSilentProxy } from '../support/silent-proxy.js';
import { freePort, type HectorProgram, spawnHector, temporaryDirectory } from '../support/start-hector.js';
import { startTempRedis, type TempRedis } from '../support/temp-redis.js';

/** How long Redis is away, milliseconds. */
const OUTAGES_MS = process.env['HECTOR_LONG'] === '1' ? [20_000, 60_000] : [3_000, 8_000];
const CLIENTS = 8;
/** Ready again, and every run ended, at most this long after Redis is back. */
const READY_LIMIT_MS = 5_000;
const END_LIMIT_MS = 30_000;

t.test('with Redis on a socket of its own', { timeout: 280_000 }, async (t) => {
  const redis = await startTempRedis(t, { appendOnly: true, arguments: ['--appendfsync', 'everysec'] });
  const system = await startSystem(t, redis.url);

  for (const outageMs of OUTAGES_MS) {
    await t.test(
      `killed and back after ${outageMs / 1_000} s: every run completes, and messages are accepted meanwhile (R1, R2)`,
      async (t) => {
        await underLoad(t, system, async () => {
          await redis.kill('SIGKILL');
          const end = performance.now() + outageMs;
          await checkUnready(t, system);
          const accepted = await checkAccepts(t, system);
          await sleepUntil(end);
          await redis.restart();
          return accepted;
        });
      },
    );
  }

  await t.test('killed and back without its data: queues and leases are made anew from SQL (R1, R2)', async (t) => {
    await underLoad(t, system, async () => {
      await redis.kill('SIGKILL');
      await dropAppendOnlyFile(redis);
      await redis.restart();
      return undefined;
    });
  });

  await t.test('killed and back without its last second: nothing runs twice, nothing is forgotten (R1, R2)', async (t) => {
    await underLoad(t, system, async () => {
      const size = await measureAppendOnlyFile(redis);
      await sleepUntil(performance.now() + 1_000);
      await redis.kill('SIGKILL');
      await cutAppendOnlyFile(redis, size);
      await redis.restart();
      return undefined;
    });
  });

  await t.test('FLUSHALL in the middle of work: nobody notices (R1, R2)', async (t) => {
    await underLoad(t, system, async () => {
      for (let times = 0; times < 3; times++) {
        await sendCommand(redis, 'FLUSHALL');
        await sleepUntil(performance.now() + 500);
      }
      return undefined;
    });
  });

  t.same(
    system.programs.map(({ child }) => child.exitCode ?? child.signalCode),
    [null, null],
    'no process ended meanwhile',
  );
});

t.test('with Redis behind a network that swallows everything', { timeout: 120_000 }, async (t) => {
  const port = await freePort();
  await startTempRedis(t, { appendOnly: true, arguments: ['--port', String(port), '--bind', '127.0.0.1'] });
  const proxy = await startSilentProxy(t, { host: '127.0.0.1', port });
  const system = await startSystem(t, `redis://127.0.0.1:${proxy.port}`);
  for (const [title, goOn] of [
    ['then all of it comes at once', () => proxy.speak()],
    ['then only new connections work, and the old ones are never closed', () => proxy.abandon()],
  ] as const) {
    await t.test(`for 10 s nothing comes back, ${title}: every run completes, and messages are accepted meanwhile (R1, R2)`, async (t) => {
      await underLoad(t, system, async () => {
        proxy.fallSilent();
        const end = performance.now() + 10_000;
        await checkUnready(t, system);
        const accepted = await checkAccepts(t, system);
        await sleepUntil(end);
        goOn();
        return accepted;
      });
    });
  }
});

interface System {
  readonly directory: string;
  readonly front: HectorProgram;
  readonly programs: readonly HectorProgram[];
}

/** Two steps per run, the second one streams for about a second. */
async function startSystem(t: Test, url: string): Promise<System> {
  const directory = await temporaryDirectory(t);
  await mkdir(path.join(directory, 'docs'));
  const config: JsonObject = {
    agents: { assistant: { document_stores: ['docs'] } },
    document_stores: { docs: { source: { type: 'directory', path: 'docs' } } },
    llms: { default: { provider: 'offline', token_ms: 20 } },
    redis: { url },
  };
  const [front, worker] = await Promise.all([
    spawnHector(t, { directory, config, roles: ['front'] }),
    spawnHector(t, { directory, config, roles: ['agent', 'keeper'] }),
  ]);
  return { directory, front, programs: [front, worker] };
}

/** Runs `disturb` amid a load that goes on behind it, then checks that all is well again and nothing was lost. */
async function underLoad(t: Test, system: System, disturb: () => Promise<Accepted | undefined>): Promise<void> {
  const { directory, front } = system;
  const load = startRunLoad(agentUrl(front), CLIENTS);
  await waitFor(() => load.seen.length >= CLIENTS);
  const accepted = await disturb();
  const backAt = performance.now();
  await waitFor(() => isReady(front), READY_LIMIT_MS);
  const readyMs = performance.now() - backAt;
  await untilAnsweredSince(load, backAt);
  const answeredMs = performance.now() - backAt;
  await load.stop();
  if (accepted !== undefined) t.equal((await accepted.stream).at(-1)?.result.statusUpdate?.status.state, 'TASK_STATE_COMPLETED');
  await waitFor(() => readRuns(directory).every(({ state }) => state === 'TASK_STATE_COMPLETED'), END_LIMIT_MS);
  t.comment(`ready after ${Math.round(readyMs)} ms, answered new messages after ${Math.round(answeredMs)} ms, ${load.seen.length} runs`);
  t.same(load.failures, [], 'no request failed');
  t.same(findLoadFaults(load.seen, readRuns(directory)), []);
}

/** Somebody sent a message after that time and has the answer. */
async function untilAnsweredSince(load: RunLoad, since: number): Promise<void> {
  await waitFor(() => load.seen.some(({ sentAt }) => sentAt > since), END_LIMIT_MS);
}

async function checkUnready(t: Test, { front }: System): Promise<void> {
  await waitFor(async () => !(await isReady(front)));
  t.pass('it says that it is not ready');
}

interface Accepted {
  /** Of a message that was sent during the outage. */
  readonly stream: Promise<readonly Frame[]>;
}

/** R1: an answer, and the first event of a stream, rest on SQL alone. */
async function checkAccepts(t: Test, { front }: System): Promise<Accepted> {
  const message = () => userMessage('How long does a refund take?');
  const sentAt = performance.now();
  const { body } = await rpc(agentUrl(front), 'SendMessage', { message: message(), configuration: { returnImmediately: true } });
  t.equal(body.result?.task?.status.state, 'TASK_STATE_SUBMITTED', 'accepted');
  const frames = streamFrames(agentUrl(front), 'SendStreamingMessage', { message: message() });
  const first = await frames.next();
  t.equal(first.value?.result.task?.status.state, 'TASK_STATE_SUBMITTED', 'streaming');
  const elapsedMs = Math.round(performance.now() - sentAt);
  t.ok(elapsedMs < 2_000, `two messages were accepted within 2 s: ${elapsedMs} ms`);
  return { stream: collectFrames(frames) };
}

async function isReady({ url }: HectorProgram): Promise<boolean> {
  return (await fetch(`${url}/health/ready`)).status === 200;
}

function agentUrl({ url }: HectorProgram): string {
  return `${url}/agents/assistant`;
}

async function sendCommand({ url }: TempRedis, command: string): Promise<void> {
  const client = new Redis(url.replace('unix://', ''));
  await client.call(command);
  client.disconnect();
}

/** Outages last for a time; nothing announces their end. */
function sleepUntil(at: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));
}
