/** How long a run stands still when its worker is killed: one of several processes, at a random moment of a step (R3, R1). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/observe/log.js';
import { BullStepQueue } from '../../src/steps/step-queue.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { waitFor } from '../support/coordination-steps.js';
import { startRedisProcess } from '../support/redis-process.js';
import { acceptNew } from '../support/run-log-samples.js';
import { createSqlite, type TempDatabase } from '../support/temp-database.js';
import { startTempRedis } from '../support/temp-redis.js';

/** More of them for numbers worth quoting: `KILLS=40 node dist/test/faults/takeover-time.test.js`. */
const KILLS = Number(process.env.KILLS ?? 6);
const LEASE_MS = Number(process.env.LEASE_MS ?? 1_400);
const STEP_MS = 100;

t.test('a killed worker’s run is gone on with within seconds', { timeout: 60_000 + KILLS * 10_000 }, async (t) => {
  const rig = await startRig(t);
  const toTake: number[] = [];
  const toCommit: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const { child } = await rig.untilBegun(kill + 1);
    await sleep(Math.random() * LEASE_MS);
    const before = await rig.record();
    const killedAt = performance.now();
    child.kill('SIGKILL');
    toTake.push((await rig.untilBegun(kill + 2)).at - killedAt);
    await waitFor(async () => {
      const { epoch, step } = await rig.record();
      return epoch === kill + 2 && step > before.step;
    }, 20_000);
    toCommit.push(performance.now() - killedAt);
    await rig.startChild();
  }
  t.comment(
    `from the kill to the take: ${describe(toTake)}; to the next commit: ${describe(toCommit)} (${KILLS} kills, ${STEP_MS} ms a step)`,
  );
  t.ok(Math.max(...toCommit) < 10_000, 'on a busy machine too');
  t.match(await rig.record(), { epoch: KILLS + 1 }, 'each death was one takeover');
});

async function startRig(t: Test) {
  const [redis, temp] = await Promise.all([startTempRedis(t), createSqlite(t)]);
  const store = new SqlTaskStore(await temp.open());
  const begun: { readonly child: ChildProcess; readonly epoch: number; readonly at: number }[] = [];
  const startChild = () => start(t, redis.url, temp, (child, epoch) => begun.push({ child, epoch, at: performance.now() }));
  await Promise.all([startChild(), startChild(), startChild()]);
  const { connections } = await startRedisProcess(t, redis.url);
  const shared = { maxWaiting: 1_000, clock: systemClock, log: silentLogger };
  const queue = new BullStepQueue({ connection: connections.forQueue(), prefix: 'test', ...shared });
  t.teardown(() => queue.close());
  const task = await acceptNew(store);
  await queue.enqueue(task);
  return {
    startChild,
    async record() {
      const record = await store.find(task.id, undefined);
      if (record === undefined) throw new Error('the run is gone');
      return record;
    },
    /** The first step under this epoch. */
    async untilBegun(epoch: number) {
      const find = () => begun.find((step) => step.epoch === epoch);
      await waitFor(() => find() !== undefined, 20_000);
      return find() as (typeof begun)[number];
    },
  };
}

async function start(t: Test, redisUrl: string, temp: TempDatabase, onStep: (child: ChildProcess, epoch: number) => void): Promise<void> {
  const program = fileURLToPath(new URL('../support/step-child.js', import.meta.url));
  const child = spawn(process.execPath, [program, redisUrl, temp.settings.database, String(LEASE_MS), String(STEP_MS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the child ended before it was ready')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'ready') resolve();
      else onStep(child, Number(line.split(' ')[1]));
    });
  });
}

function describe(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}
