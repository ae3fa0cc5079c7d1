/** What webhooks get, over the whole server. */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { rpc, sendText, userMessage } from '../support/a2a-client.js';
import { HOSTILE_ANSWERS, startHostileWebhook } from '../support/hostile-webhook.js';
import { startTestHector } from '../support/start-hector.js';
import { type Answer, briefly, isEnded, type Notification, startWebhook } from '../support/webhook.js';

async function start(t: Test, push: JsonObject = {}, directory?: string) {
  const hector = await startTestHector(t, {
    ...(directory === undefined ? {} : { directory }),
    config: {
      agents: { assistant: { instruction: 'Answer briefly.' } },
      server: {
        a2a: {
          push: {
            ...{ allow_private: ['127.0.0.0/8'], first_retry_ms: 50, max_retry_ms: 1_500, timeout_ms: 500, max_attempts: 4 },
            ...push,
          },
        },
      },
    },
  });
  const url = `${hector.url}/agents/assistant`;
  return {
    hector,
    url,
    send: (config: JsonObject) =>
      rpc(url, 'SendMessage', { message: userMessage('Hello'), configuration: { taskPushNotificationConfig: config } }),
    create: (config: JsonObject) => rpc(url, 'CreateTaskPushNotificationConfig', config),
  };
}

const WHOLE = ['task TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING', 'artifact', 'TASK_STATE_COMPLETED'];

function story(received: readonly Notification[]): string[] {
  return received.map((notification) => briefly(notification).replace(/artifact .*/s, 'artifact'));
}

/** A notification that came again behind itself counts once. */
function distinct(received: readonly Notification[]): string[] {
  return story(received).filter((text, index, all) => text !== all[index - 1]);
}

t.test('a webhook that comes with the message gets every event, in order (S9, P6, P9, P12)', async (t) => {
  const server = await start(t);
  const webhook = await startWebhook(t);
  const sent = await server.send({ url: webhook.url });
  const task = sent.body.result?.task;
  await webhook.until(isEnded);
  t.same(story(webhook.received), WHOLE);
  for (const { method, path, headers, body } of webhook.received) {
    t.equal(method, 'POST');
    t.equal(path, '/hook');
    t.equal(headers['content-type'], 'application/a2a+json');
    t.equal(headers['a2a-version'], '1.0');
    t.equal(headers.authorization, undefined);
    t.equal(headers['x-a2a-notification-token'], undefined);
    t.equal(Object.keys(body).length, 1, 'one StreamResponse');
    t.equal(body.task?.id ?? body.statusUpdate?.taskId ?? body.artifactUpdate?.taskId, task?.id);
  }
});

t.test('deliveries carry credentials and token, sealed in the database or not (P7, P8, P11)', async (t) => {
  for (const push of [{}, { encryption_key: 'a key that is long enough' }]) {
    const server = await start(t, push);
    const webhook = await startWebhook(t);
    await server.send({ url: webhook.url, token: 'tok-1', authentication: { scheme: 'Bearer', credentials: 's3cret' } });
    await webhook.until(isEnded);
    for (const { headers } of webhook.received) {
      t.equal(headers.authorization, 'Bearer s3cret');
      t.equal(headers['x-a2a-notification-token'], 'tok-1');
    }
  }
});

t.test('a webhook that comes late gets the task as it is, also when it has ended (P2, P9)', async (t) => {
  const server = await start(t);
  const webhook = await startWebhook(t);
  const task = await sendText(server.url, 'Hello');
  await server.create({ taskId: task.id, url: webhook.url });
  await webhook.until(isEnded);
  t.same(story(webhook.received), ['task TASK_STATE_COMPLETED']);
  t.same(webhook.received[0]?.body.task.artifacts, task.artifacts);
});

t.test('several webhooks of one task each get everything, and a silent one holds up neither them nor the step (P9)', async (t) => {
  const server = await start(t);
  const [good, bad] = [await startWebhook(t), await startWebhook(t)];
  bad.answer = () => () => undefined;
  const { body } = await server.send({ url: bad.url });
  const taskId = body.result?.task?.id as string;
  t.equal(body.result?.task?.status.state, 'TASK_STATE_COMPLETED', 'the step waits for no webhook');
  await server.create({ taskId, url: good.url });
  await good.until(isEnded);
  t.same(story(good.received), ['task TASK_STATE_COMPLETED']);
});

t.test('one host whose webhooks hang leaves places to the others (P9)', async (t) => {
  const server = await start(t, { concurrency: 4, timeout_ms: 60_000 });
  const hanging = await startHostileWebhook(t, () => undefined);
  const good = await startWebhook(t);
  for (let n = 0; n < 6; n++) await server.send({ url: `${hanging.url}/${n}` });
  while (hanging.requests === 0) await delay(10);
  await server.send({ url: good.url });
  await good.until(isEnded);
  t.equal(hanging.requests, 1, 'a quarter of four');
  await server.hector.close();
  await hanging.untilQuiet(1);
});

t.test('webhooks that break the protocol give their places back, and nothing keeps the process (P9)', async (t) => {
  const server = await start(t, { concurrency: 4, timeout_ms: 300, max_attempts: 2 });
  for (const answer of Object.values(HOSTILE_ANSWERS)) await server.send({ url: (await startHostileWebhook(t, answer)).url });
  const good = await startWebhook(t);
  await server.send({ url: good.url });
  await good.until(isEnded);
  await server.hector.close();
});

t.test('webhooks that answer slowly do not keep others from their turn (P9)', async (t) => {
  const server = await start(t, { concurrency: 1, timeout_ms: 10_000 });
  const [slow, quick] = [await startWebhook(t), await startWebhook(t)];
  slow.answer = () => (_request, response) => void setTimeout(() => response.writeHead(200).end(), 1_100);
  await server.send({ url: slow.url });
  await slow.until((received) => received.length === 1);
  await server.send({ url: quick.url });
  await quick.until(isEnded);
  t.notOk(isEnded(slow.received), 'it came between two deliveries of the slow one');
});

t.test('what the database holds of a webhook tells its secrets to nobody without the key (P11)', async (t) => {
  const server = await start(t, { encryption_key: 'a key that is long enough' });
  const { id: taskId } = await sendText(server.url, 'Hello');
  await server.create({
    taskId,
    url: 'http://127.0.0.1:9/',
    token: 'tok-en-1',
    authentication: { scheme: 'Bearer', credentials: 's3cret' },
  });
  const database = new Database(path.join(server.hector.directory, '.hector', 'hector.db'), { readonly: true });
  t.teardown(() => database.close());
  const rows = JSON.stringify(database.prepare('select * from push_configs').all());
  t.match(rows, taskId);
  t.notMatch(rows, /tok-en-1|s3cret/);
});

t.test('a delivery that fails is tried again, and later events wait for it (P9)', async (t) => {
  const server = await start(t);
  const webhook = await startWebhook(t);
  const failures: Readonly<Record<number, Answer>> = {
    1: 500,
    2: (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    3: 404,
    5: (request) => void request.socket.destroy(),
    6: () => undefined,
  };
  webhook.answer = (_notification, n) => failures[n] ?? 200;
  await server.send({ url: webhook.url });
  await webhook.until(isEnded);
  t.same(distinct(webhook.received), WHOLE);
  t.equal(webhook.received.length, WHOLE.length + 5, 'three failures, a cut connection, a silent one');
});

t.test('a webhook says how long to wait, up to the limit (P9)', async (t) => {
  const server = await start(t, { max_retry_ms: 1_500 });
  const webhook = await startWebhook(t);
  webhook.answer = (_notification, n) => (_request, response) =>
    void (
      n === 1
        ? response.writeHead(429, { 'retry-after': '1' })
        : n === 3
          ? response.writeHead(503, { 'retry-after': '9999' })
          : response.writeHead(204)
    ).end();
  await server.send({ url: webhook.url });
  await webhook.until(isEnded);
  const waits = webhook.received.map(({ at }, index) => at - (webhook.received[index - 1]?.at ?? at));
  t.ok((waits[1] as number) >= 990, `${waits[1]} ms after 429`);
  t.ok((waits[3] as number) >= 1_400 && (waits[3] as number) < 10_000, `${waits[3]} ms after 503`);
  t.same(distinct(webhook.received), WHOLE);
});

t.test('a webhook is given up after so many tries, or at once when it is gone; saving it again goes on (P9)', async (t) => {
  const server = await start(t, { max_attempts: 2 });
  for (const [status, tries] of [
    [500, 2],
    [410, 1],
  ] as const) {
    const webhook = await startWebhook(t);
    webhook.answer = () => status;
    const { body } = await server.send({ url: webhook.url, id: 'a' });
    const taskId = body.result?.task?.id as string;
    await webhook.until((received) => received.length === tries);
    const saved = await startWebhook(t);
    await server.create({ taskId, id: 'b', url: saved.url });
    await saved.until(isEnded);
    t.equal(webhook.received.length, tries, 'nothing came while another webhook got its own');
    webhook.answer = () => 200;
    await server.create({ taskId, id: 'a', url: webhook.url });
    await webhook.until(isEnded);
    t.same(distinct(webhook.received), WHOLE, 'nothing is left out');
  }
});

t.test('after a delete nothing more comes (P5)', async (t) => {
  const server = await start(t, { max_attempts: 1_000 });
  const webhook = await startWebhook(t);
  webhook.answer = () => 500;
  const { body } = await server.send({ url: webhook.url, id: 'a' });
  const taskId = body.result?.task?.id as string;
  await webhook.until((received) => received.length >= 2);
  await rpc(server.url, 'DeleteTaskPushNotificationConfig', { taskId, id: 'a' });
  const before = webhook.received.length;
  const other = await startWebhook(t);
  other.answer = (_notification, n) => (n < 6 ? 500 : 200);
  await server.create({ taskId, id: 'b', url: other.url });
  await other.until(isEnded);
  t.ok(webhook.received.length <= before + 1, 'at most one that was under way');
});

t.test('a redirect is not followed, wherever it leads (P10)', async (t) => {
  const server = await start(t, { max_attempts: 2 });
  const [webhook, inner] = [await startWebhook(t), await startWebhook(t, '127.0.0.2')];
  webhook.answer = () => (_request, response) => void response.writeHead(307, { location: inner.url }).end();
  await server.send({ url: webhook.url, authentication: { scheme: 'Bearer', credentials: 's3cret' } });
  await webhook.until((received) => received.length === 2);
  t.equal(inner.received.length, 0);
});

t.test('what another key sealed is given up, but can be listed and registered anew (P4, P11)', async (t) => {
  const before = await start(t, { encryption_key: 'the key of yesterday' });
  const webhook = await startWebhook(t);
  webhook.answer = () => 500;
  const { body } = await before.send({ url: webhook.url, id: 'a', token: 'tok' });
  const taskId = body.result?.task?.id as string;
  await webhook.until((received) => received.length === 1);
  await before.hector.close();

  const after = await start(t, { encryption_key: 'the key of today' }, before.hector.directory);
  webhook.answer = () => 200;
  const listed = await rpc(after.url, 'ListTaskPushNotificationConfigs', { taskId });
  t.match(listed.body, { result: { configs: [{ id: 'a', url: webhook.url, token: undefined }] } });
  await after.create({ taskId, id: 'a', url: webhook.url, token: 'tok' });
  await webhook.until(isEnded);
  t.same(distinct(webhook.received), WHOLE);
});
