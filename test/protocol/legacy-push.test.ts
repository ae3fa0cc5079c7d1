/** Webhooks that 0.3 clients register, over the whole server: what they are told, and that each is spoken to as it was registered. */
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { rpc } from '../support/a2a-client.js';
import { startTestHector } from '../support/start-hector.js';
import { isEnded, type Notification, startWebhook } from '../support/webhook.js';

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire
type Any = any;

async function start(t: Test, directory?: string, legacy = true) {
  const hector = await startTestHector(t, {
    ...(directory === undefined ? {} : { directory }),
    config: {
      agents: { assistant: { instruction: 'Answer briefly.' } },
      server: { a2a: { legacy, push: { allow_private: ['127.0.0.0/8'], first_retry_ms: 50, max_retry_ms: 500, timeout_ms: 500 } } },
    },
  });
  const url = `${hector.url}/agents/assistant`;
  return {
    hector,
    url,
    /** The result, or the whole response when it is an error. */
    async call(method: string, params: JsonObject): Promise<Any> {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
      const body: Any = await response.json();
      return body.error === undefined ? body.result : body;
    },
    async rest(method: string, path: string, body?: JsonObject): Promise<Any> {
      const response = await fetch(`${url}/v1${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return response.json();
    },
  };
}

let sent = 0;

function message(): JsonObject {
  sent += 1;
  return { kind: 'message', messageId: `push-${sent}`, role: 'user', parts: [{ kind: 'text', text: 'Hello' }] };
}

function isOver(received: readonly Notification[]): boolean {
  return received.some(({ body }) => body.status?.state === 'completed');
}

t.test('every event is told as the whole task, in JSON of 0.3, with token and credentials (V5, S9, P6, P7, P8)', async (t) => {
  const server = await start(t);
  const webhook = await startWebhook(t);
  const push = { url: webhook.url, token: 'tok', authentication: { schemes: ['Bearer'], credentials: 's3cret' } };
  const task = await server.call('message/send', { message: message(), configuration: { pushNotificationConfig: push } });
  t.match(task, { kind: 'task', status: { state: 'completed' } });
  await webhook.until(isOver);
  for (const { headers, body } of webhook.received) {
    t.equal(headers['content-type'], 'application/json');
    t.equal(headers['a2a-version'], undefined);
    t.equal(headers['x-a2a-notification-token'], 'tok');
    t.equal(headers.authorization, 'Bearer s3cret');
    t.match(body, { kind: 'task', id: task.id, contextId: task.contextId, history: [{ kind: 'message', role: 'user' }] });
  }
  t.same(
    webhook.received.map(({ body }) => [body.status.state, body.artifacts?.length ?? 0]),
    [
      ['submitted', 0],
      ['working', 0],
      ['working', 1],
      ['completed', 1],
    ],
  );
  t.same(webhook.received.at(-1)?.body, await server.call('tasks/get', { id: task.id }), 'the last one is the task as it is read');
});

t.test('each webhook is spoken to as it was registered, also when 0.3 is no longer spoken (V5)', async (t) => {
  const first = await start(t);
  const [old, current] = [await startWebhook(t), await startWebhook(t)];
  const task = await first.call('message/send', { message: message() });
  // Down for now, so that they are delivered by the server that comes after.
  for (const webhook of [old, current]) webhook.answer = () => 503;
  await first.call('tasks/pushNotificationConfig/set', { taskId: task.id, pushNotificationConfig: { id: 'old', url: old.url } });
  await rpc(first.url, 'CreateTaskPushNotificationConfig', { taskId: task.id, id: 'current', url: current.url });
  await Promise.all([old, current].map((webhook) => webhook.until((received) => received.length > 0)));
  await first.hector.close();
  for (const webhook of [old, current]) webhook.answer = () => 200;
  const before = [old.received.length, current.received.length] as const;
  await start(t, first.hector.directory, false);
  await Promise.all([old.until((all) => all.length > before[0]), current.until((all) => isEnded(all.slice(before[1])))]);
  t.match(old.received.at(-1), { headers: { 'content-type': 'application/json' }, body: { kind: 'task', status: { state: 'completed' } } });
  t.match(current.received.at(-1), {
    headers: { 'content-type': 'application/a2a+json', 'a2a-version': '1.0' },
    body: { task: { status: { state: 'TASK_STATE_COMPLETED' } } },
  });
});

t.test('configs over JSON-RPC: set, get, list and delete; without an id it is the one of the task (V5, P2, P3, P4, P5)', async (t) => {
  const server = await start(t);
  const webhook = await startWebhook(t);
  const { id: taskId } = await server.call('message/send', { message: message() });
  const set = (config: JsonObject) => server.call('tasks/pushNotificationConfig/set', { taskId, pushNotificationConfig: config });
  const one = { taskId, pushNotificationConfig: { id: taskId, url: webhook.url } };
  t.same(await set({ url: webhook.url }), one);
  t.same(await server.call('tasks/pushNotificationConfig/get', { id: taskId }), one);
  const inner = { id: 'b', url: webhook.url, token: 't', authentication: { schemes: ['Basic', 'Bearer'], credentials: 'never told' } };
  const two = { taskId, pushNotificationConfig: { id: 'b', url: webhook.url, token: 't', authentication: { schemes: ['Basic'] } } };
  t.same(await set(inner), two);
  t.same(await server.call('tasks/pushNotificationConfig/get', { id: taskId, pushNotificationConfigId: 'b' }), two);
  t.same(await server.call('tasks/pushNotificationConfig/list', { id: taskId }), [one, two]);
  for (let round = 0; round < 2; round += 1) {
    t.equal(await server.call('tasks/pushNotificationConfig/delete', { id: taskId, pushNotificationConfigId: 'b' }), null);
  }
  t.same(await server.call('tasks/pushNotificationConfig/list', { id: taskId }), [one]);
  t.match(await server.call('tasks/pushNotificationConfig/get', { id: taskId, pushNotificationConfigId: 'b' }), {
    error: { code: -32001 },
  });
  t.match(await server.call('tasks/pushNotificationConfig/delete', { id: taskId }), {
    error: { code: -32602, data: { fieldViolations: [{ field: 'pushNotificationConfigId' }] } },
  });
  t.match(await set({ url: 'ftp://x' }), { error: { code: -32602, data: { fieldViolations: [{ field: 'pushNotificationConfig.url' }] } } });
  t.match(await server.call('tasks/pushNotificationConfig/list', { id: 'none' }), { error: { code: -32001 } });
});

t.test('a config that came with a message is found without an id; many are listed without pages (V5, S9, P4)', async (t) => {
  const server = await start(t);
  const webhook = await startWebhook(t);
  const push = { pushNotificationConfig: { url: webhook.url } };
  const task = await server.call('message/send', { message: message(), configuration: push });
  t.match(await server.call('tasks/pushNotificationConfig/get', { id: task.id }), {
    taskId: task.id,
    pushNotificationConfig: { url: webhook.url },
  });
  for (let index = 1; index < 10; index += 1) {
    await server.call('tasks/pushNotificationConfig/set', {
      taskId: task.id,
      pushNotificationConfig: { id: `c${index}`, url: webhook.url },
    });
  }
  t.equal((await server.call('tasks/pushNotificationConfig/list', { id: task.id })).length, 10);
});

t.test('configs over HTTP+JSON have resource names (V5, P2, P3, P4, P5)', async (t) => {
  const server = await start(t);
  const webhook = await startWebhook(t);
  const { id } = await server.call('message/send', { message: message() });
  const path = `/tasks/${id}/pushNotificationConfigs`;
  const named = (config: JsonObject) => ({ name: `tasks/${id}/pushNotificationConfigs/${config.id}`, pushNotificationConfig: config });
  const a = { id: 'a', url: webhook.url, token: 't', authentication: { schemes: ['Bearer'] } };
  t.same(await server.rest('POST', path, named(a)), named(a));
  const b = { id: 'b', url: webhook.url };
  // As the Python SDK sends it: the whole request of the proto, by the proto's names.
  const wrapped = { parent: `tasks/${id}`, config_id: 'b', config: { name: 'n', push_notification_config: { url: webhook.url } } };
  t.same(await server.rest('POST', path, wrapped), named(b));
  t.same(
    await server.rest('POST', `${path}?configId=c`, { pushNotificationConfig: { url: webhook.url } }),
    named({ id: 'c', url: webhook.url }),
  );
  t.same(await server.rest('GET', `${path}/a`), named(a));
  t.same(await server.rest('GET', path), { configs: [named(a), named(b), named({ id: 'c', url: webhook.url })], nextPageToken: '' });
  t.same(await server.rest('DELETE', `${path}/a`), {});
  t.match(await server.rest('GET', `${path}/a`), { code: -32001, type: 'TaskNotFoundError' });
  await webhook.until((received) => received.length >= 3);
  for (const { headers, body } of webhook.received) {
    t.match([headers['content-type'], body], ['application/json', { kind: 'task', id, status: { state: 'completed' } }]);
  }
});
