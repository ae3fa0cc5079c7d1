/** A worker whose connection to Redis looks alive and never answers again, as seen after outages: jobs wait, nothing takes them. */
import type { Redis } from 'ioredis';
import t from 'tap';
import type { StepOutcome } from '../../src/agents/agent.js';
import { systemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/observe/log.js';
import { findStall } from '../../src/steps/queue-health.js';
import { connectRedis } from '../../src/storage/redis/connect.js';
import { rpc, userMessage } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { startSilentProxy } from '../support/silent-proxy.js';
import { startTestHector } from '../support/start-hector.js';
import { startStepRig } from '../support/step-rig.js';

const FINISHED: StepOutcome = { type: 'finished', control: {}, messages: [], events: [] };

t.test('a worker that takes nothing any more is replaced, and what waited is done', { timeout: 60_000 }, async (t) => {
  const rig = await startStepRig(t);
  const proxy = await startSilentProxy(t, { path: rig.redis.socketPath });
  const url = `redis://127.0.0.1:${proxy.port}`;
  const connections = await connectRedis({ url, role: 'test', log: silentLogger, clock: systemClock });
  t.teardown(() => connections.close());
  rig.agents.set('helper', async () => FINISHED);
  const opened: Redis[] = [];
  const dropped: unknown[] = [];
  await rig.startWorker({
    connect() {
      const connection = connections.forWorker();
      opened.push(connection);
      return connection;
    },
    async disconnect(connection) {
      await connections.drop(connection as Redis);
      dropped.push(connection);
    },
    stallAfterMs: 1_500,
  });
  await rig.untilEnded(await rig.accept('helper'));
  proxy.abandon();
  const task = await rig.accept('helper');
  t.match(await rig.untilEnded(task), { state: 'TASK_STATE_COMPLETED', epoch: 1 });
  await waitFor(() => dropped.length > 0, 20_000);
  t.equal(dropped[0], opened[0], 'the connection of the one that was replaced');
  t.equal(opened[0]?.status, 'end');
});

t.test('nobody takes anything: readiness knows, and a ping changes nothing', async (t) => {
  const rig = await startStepRig(t);
  const health = { queue: rig.queue, progress: rig.progress, stallAfterMs: 500 };
  t.equal(await findStall(health), undefined);
  rig.agents.set('helper', async () => FINISHED);
  const task = await rig.accept('helper');
  await waitFor(async () => (await findStall(health)) !== undefined);
  t.equal(await rig.redisClient.ping(), 'PONG');
  t.match(await findStall(health), /no worker takes any/);
  await rig.startWorker();
  await rig.untilEnded(task);
  t.equal(await findStall(health), undefined);
});

t.test('all hands busy in steps that take long: jobs wait, and readiness does not call it a stall', async (t) => {
  const rig = await startStepRig(t);
  const health = { queue: rig.queue, progress: rig.progress, stallAfterMs: 2_500 };
  let isOver = false;
  rig.agents.set('helper', async (_, { signal }) => {
    while (!isOver) await systemClock.sleep(20, signal);
    return FINISHED;
  });
  await rig.startWorker({ concurrency: 1, stallAfterMs: 2_500 });
  const tasks = [await rig.accept('helper'), await rig.accept('helper')];
  await waitFor(async () => (await rig.queue.nextWaitingMs()) > 3_500, 10_000);
  t.equal(await findStall(health), undefined);
  isOver = true;
  for (const task of tasks) t.match(await rig.untilEnded(task), { state: 'TASK_STATE_COMPLETED' });
});

t.test('a front whose steps nobody takes is not ready and says why; its metrics show it (OBS-03)', { timeout: 60_000 }, async (t) => {
  const config = {
    agents: { assistant: {} },
    queue: { stall_after_ms: 1_000 },
    observability: { metrics: { enabled: true, endpoint: '/metrics' } },
  };
  const front = await startTestHector(t, { config, roles: ['front'] });
  t.equal((await fetch(`${front.url}/health/ready`)).status, 200);
  const { body } = await rpc(`${front.url}/agents/assistant`, 'SendMessage', {
    message: userMessage('Hello'),
    configuration: { returnImmediately: true },
  });
  t.match(body.result, { task: { status: { state: 'TASK_STATE_SUBMITTED' } } });
  await waitFor(async () => (await fetch(`${front.url}/health/ready`)).status === 503, 20_000);
  t.match(await (await fetch(`${front.url}/health/ready`)).json(), {
    status: 'not_ready',
    reasons: [/^step jobs wait for \d+ s and no worker takes any \(queue\.stall_after_ms\)$/],
  });
  const metrics = await (await fetch(`${front.url}/metrics`)).text();
  t.match(metrics, /^hector_queue_waiting 1$/m);
  t.match(metrics, /^hector_queue_oldest_waiting_seconds \d/m);
  await startTestHector(t, { config, roles: ['agent'], directory: front.directory });
  await waitFor(async () => (await fetch(`${front.url}/health/ready`)).status === 200, 20_000);
});
