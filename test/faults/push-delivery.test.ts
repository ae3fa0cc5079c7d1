/** Deliveries to webhooks while what delivers them dies, is shared, or loses Redis (P9). */
import t from 'tap';
import { rpc, userMessage } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { startPushRig } from '../support/push-rig.js';
import { acceptNew } from '../support/run-log-samples.js';
import { spawnHector, temporaryDirectory } from '../support/start-hector.js';
import { artifact, takeTask } from '../support/test-worker.js';
import { briefly, isEnded, type Notification, startWebhook, type Webhook } from '../support/webhook.js';

const CONFIG = {
  agents: { assistant: { instruction: 'Answer briefly.' } },
  server: { a2a: { push: { allow_private: ['127.0.0.1'], first_retry_ms: 100 } } },
};
const WHOLE = ['task TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING', 'artifact', 'TASK_STATE_COMPLETED'];

for (const [point, twice] of [
  ['push.posted', [1]],
  ['push.recorded', []],
] as const) {
  t.test(`a deliverer killed at ${point} loses nothing`, async (t) => {
    const directory = await temporaryDirectory(t);
    const webhook = await startWebhook(t);
    const front = await spawnHector(t, { directory, config: CONFIG, roles: ['front', 'agent'] });
    const doomed = await spawnHector(t, {
      ...{ directory, config: CONFIG, roles: ['keeper'] },
      environment: { HECTOR_FAULT_POINTS: `${point}=kill@2` },
    });
    await rpc(`${front.url}/agents/assistant`, 'SendMessage', {
      message: userMessage('Hello'),
      configuration: { taskPushNotificationConfig: { url: webhook.url } },
    });
    t.equal(await doomed.exited, 'SIGKILL');
    await spawnHector(t, { directory, config: CONFIG, roles: ['keeper'] });
    await webhook.until(isEnded);
    const expected = WHOLE.flatMap((text, index) => ((twice as readonly number[]).includes(index) ? [text, text] : [text]));
    t.same(
      webhook.received.map((notification) => briefly(notification).replace(/artifact .*/s, 'artifact')),
      expected,
    );
  });
}

const EVENTS = 120;
const TASKS = 4;

/** Four tasks, each with a webhook of its own, whose events come one commit after the other. */
async function startTasks(t: Parameters<typeof startWebhook>[0], rig: Awaited<ReturnType<typeof startPushRig>>) {
  const { publisher, queue, signals } = await rig.publisher();
  return await Promise.all(
    Array.from({ length: TASKS }, async (_, index) => {
      const webhook = await startWebhook(t);
      const { id: taskId } = await acceptNew(rig.tasks, { contextId: `c${index}` });
      const saved = await rig.configs.save({
        ...{ taskId, id: 'a', tenant: '', url: webhook.url, token: '', scheme: '', credentials: '', wireVersion: '1.0' },
        ...{ maxPerTask: 1, at: 1_000 },
      });
      if (saved.type !== 'saved') throw new Error(saved.type);
      await signals.announce(saved.config);
      await queue.enqueue(saved.config.key);
      const run = await takeTask(rig.tasks, publisher, taskId);
      const work = async (from: number, to: number) => {
        for (let n = from; n < to; n++) await run.commit({ events: [artifact([{ text: `${n} ` }], { append: n > 0, lastChunk: false })] });
      };
      return { webhook, work, finish: () => run.rest('TASK_STATE_COMPLETED') };
    }),
  );
}

const EXPECTED = [
  'task TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  ...Array.from({ length: EVENTS }, (_, n) => `artifact ${n} `),
  'TASK_STATE_COMPLETED',
];

/** In the order of their first arrival; whatever comes again must not come before what it follows. */
function firsts(received: readonly Notification[]): string[] {
  return [...new Set(received.map(briefly))];
}

async function everyEnd(tasks: readonly { readonly webhook: Webhook }[]): Promise<void> {
  await Promise.all(tasks.map(({ webhook }) => webhook.until(isEnded)));
}

t.test('two processes share the webhooks: each gets many events in order, once', async (t) => {
  const rig = await startPushRig(t, { concurrency: 2 });
  // Without the sweep: the queue alone must leave no news behind.
  const never = { sweepMs: 3_600_000 };
  const [one, two] = [await rig.deliverer(never), await rig.deliverer(never)];
  const tasks = await startTasks(t, rig);
  await Promise.all(tasks.map(({ work }) => work(0, EVENTS)));
  await Promise.all(tasks.map(({ finish }) => finish()));
  await everyEnd(tasks);
  for (const { webhook } of tasks) t.same(webhook.received.map(briefly), EXPECTED);
  t.ok(one.turns.count > 0 && two.turns.count > 0, `${one.turns.count} and ${two.turns.count} turns`);
});

t.test('one that closes leaves the rest to the other, which repeats at most what was under way', async (t) => {
  const rig = await startPushRig(t, { concurrency: 4 });
  const one = await rig.deliverer();
  const tasks = await startTasks(t, rig);
  for (const { webhook } of tasks) webhook.answer = () => (_request, response) => void setImmediate(() => response.writeHead(200).end());
  const working = Promise.all(tasks.map(({ work }) => work(0, EVENTS)));
  await Promise.all(tasks.map(({ webhook }) => webhook.until((received) => received.length >= 10)));
  await Promise.all([one.close(), rig.deliverer()]);
  await working;
  await Promise.all(tasks.map(({ finish }) => finish()));
  await everyEnd(tasks);
  for (const { webhook } of tasks) {
    t.same(firsts(webhook.received), EXPECTED);
    t.ok(webhook.received.length <= EXPECTED.length + 1, `${webhook.received.length - EXPECTED.length} came again`);
  }
});

t.test('Redis that forgets everything costs time, no event', async (t) => {
  const rig = await startPushRig(t);
  await rig.deliverer();
  const tasks = await startTasks(t, rig);
  for (const { webhook } of tasks) webhook.answer = (_notification, n) => (n === 5 ? 500 : 200);
  const working = Promise.all(tasks.map(({ work }) => work(0, EVENTS)));
  await Promise.all(tasks.map(({ webhook }) => webhook.until((received) => received.length >= 5)));
  await rig.redis.main.flushall();
  await working;
  await rig.redis.main.flushall();
  await Promise.all(tasks.map(({ finish }) => finish()));
  await everyEnd(tasks);
  for (const { webhook } of tasks) t.same(firsts(webhook.received), EXPECTED);
});

t.test('news that nobody noted are found by the sweep, which then has them noted', async (t) => {
  const rig = await startPushRig(t);
  await rig.deliverer();
  const { publisher, marks } = await rig.publisher();
  const webhook = await startWebhook(t);
  const { id: taskId } = await acceptNew(rig.tasks, {});
  await rig.configs.save({
    ...{ taskId, id: 'a', tenant: '', url: webhook.url, token: '', scheme: '', credentials: '', wireVersion: '1.0' },
    ...{ maxPerTask: 1, at: 1_000 },
  });
  await webhook.until((received) => received.length === 1);
  await waitFor(() => marks.size === 1);
  const run = await takeTask(rig.tasks, publisher, taskId);
  await run.finish('done');
  await webhook.until(isEnded);
  t.same(webhook.received.map(briefly), ['task TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING', 'artifact done', 'TASK_STATE_COMPLETED']);
});
