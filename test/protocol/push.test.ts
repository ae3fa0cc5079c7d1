/** Push notification configs over the whole server (A9): what clients are answered. Deliveries: `push-delivery.test.ts`. */
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { type RpcReply, rpc, sendText, userMessage } from '../support/a2a-client.js';
import { startTestHector } from '../support/start-hector.js';

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire
type Any = any;

async function start(t: Test, push: JsonObject = {}) {
  const hector = await startTestHector(t, {
    config: {
      agents: { assistant: { instruction: 'Answer briefly.' }, other: { instruction: 'Answer briefly.' } },
      server: { a2a: { push: { allow_private: ['127.0.0.1', 'localhost'], ...push } } },
    },
  });
  const url = `${hector.url}/agents/assistant`;
  return {
    hector,
    url,
    task: () => sendText(url, 'Hello'),
    create: (config: JsonObject) => rpc(url, 'CreateTaskPushNotificationConfig', config),
    get: (taskId: string, id: string) => rpc(url, 'GetTaskPushNotificationConfig', { taskId, id }),
    list: (config: JsonObject) => rpc(url, 'ListTaskPushNotificationConfigs', config),
    remove: (taskId: string, id: string) => rpc(url, 'DeleteTaskPushNotificationConfig', { taskId, id }),
  };
}

const HOOK = 'http://127.0.0.1:9/hook';

function resultOf(reply: RpcReply): Any {
  if (reply.body.error !== undefined) throw new Error(JSON.stringify(reply.body.error));
  return reply.body.result;
}

function problemOf({ body }: RpcReply): Any {
  return [body.error?.code, (body.error?.data as Any)?.at(-1)?.fieldViolations?.[0]];
}

t.test('a config is created with an id of its own or the given one, and read again (P2, P3, API-32)', async (t) => {
  const server = await start(t);
  const { id: taskId } = await server.task();
  const made = resultOf(await server.create({ taskId, url: HOOK }));
  t.match(made, { id: /^[0-9a-f-]{36}$/, taskId, url: HOOK });
  t.same(Object.keys(made).sort(), ['id', 'taskId', 'url']);
  t.same(resultOf(await server.get(taskId, made.id)), made);

  const whole = { taskId, id: 'mine', url: `${HOOK}?a=1`, token: 'tok', authentication: { scheme: 'Bearer', credentials: 'c-r-e-d' } };
  const answer = resultOf(await server.create(whole));
  t.same(answer, { taskId, id: 'mine', url: `${HOOK}?a=1`, token: 'tok', authentication: { scheme: 'Bearer' } });
  t.same(resultOf(await server.get(taskId, 'mine')), answer);
  const snake = resultOf(await rpc(server.url, 'CreateTaskPushNotificationConfig', { task_id: taskId, id: 'mine', url: HOOK }));
  t.same(snake, { id: 'mine', taskId, url: HOOK }, 'the same id replaces the config');
  t.equal(resultOf(await server.list({ taskId })).configs.length, 2);
});

t.test('credentials are told to nobody again (P11)', async (t) => {
  const server = await start(t, { encryption_key: 'a key that is long enough' });
  const { id: taskId } = await server.task();
  const config = { taskId, id: 'a', url: HOOK, token: 'tok', authentication: { scheme: 'Bearer', credentials: 'c-r-e-d' } };
  for (const reply of [await server.create(config), await server.get(taskId, 'a'), await server.list({ taskId })]) {
    t.notMatch(JSON.stringify(reply.body), /c-r-e-d/);
    t.match(JSON.stringify(reply.body), /"token":"tok"/);
  }
  for (const bad of [{ token: 'a\r\nX: y' }, { authentication: { scheme: 'Bearer', credentials: 'geheim\u0001' } }]) {
    const reply = await server.create({ taskId, url: HOOK, ...bad });
    t.equal(reply.body.error?.code, -32602);
    t.notMatch(JSON.stringify(reply.body), /geheim|X: y/);
  }
});

t.test('what is not there is not found: tasks, configs, and those of another agent (P2, P3, P4, P5)', async (t) => {
  const server = await start(t);
  const { id: taskId } = await server.task();
  resultOf(await server.create({ taskId, id: 'a', url: HOOK }));
  const other = `${server.hector.url}/agents/other`;
  for (const reply of [
    await server.create({ taskId: 'nobody', url: HOOK }),
    await server.get(taskId, 'b'),
    await server.get('nobody', 'a'),
    await server.list({ taskId: 'nobody' }),
    await server.remove('nobody', 'a'),
    await rpc(other, 'GetTaskPushNotificationConfig', { taskId, id: 'a' }),
    await rpc(other, 'CreateTaskPushNotificationConfig', { taskId, url: HOOK }),
    await rpc(other, 'ListTaskPushNotificationConfigs', { taskId }),
    await rpc(other, 'DeleteTaskPushNotificationConfig', { taskId, id: 'a' }),
  ]) {
    t.equal(reply.body.error?.code, -32001);
  }
  t.equal(resultOf(await server.list({ taskId })).configs.length, 1);
});

t.test('configs belong to the tenant of their task; for another they are not found (P2, P3, P4, P5, U1)', async (t) => {
  const { url } = await start(t);
  const tenant = 'acme';
  const { id: taskId } = resultOf(await rpc(url, 'SendMessage', { tenant, message: userMessage('Hello') })).task;
  const made = resultOf(await rpc(url, 'CreateTaskPushNotificationConfig', { tenant, taskId, id: 'a', url: HOOK }));
  t.same(made, { tenant, id: 'a', taskId, url: HOOK });
  for (const other of [{}, { tenant: 'other' }]) {
    for (const method of ['Create', 'Get', 'Delete'].map((verb) => `${verb}TaskPushNotificationConfig`)) {
      t.equal((await rpc(url, method, { ...other, taskId, id: 'a', url: HOOK })).body.error?.code, -32001, method);
    }
    t.equal((await rpc(url, 'ListTaskPushNotificationConfigs', { ...other, taskId })).body.error?.code, -32001);
  }
  t.same(resultOf(await rpc(url, 'ListTaskPushNotificationConfigs', { tenant, taskId })).configs, [made]);
});

t.test('all configs of a task are listed, by pages that deletes do not upset (P4)', async (t) => {
  const server = await start(t);
  const { id: taskId } = await server.task();
  t.same(resultOf(await server.list({ taskId })), { configs: [], nextPageToken: '' });
  const ids = ['a', 'b', 'c', 'd', 'e'];
  for (const id of ids) resultOf(await server.create({ taskId, id, url: HOOK }));
  const all = resultOf(await server.list({ taskId }));
  t.same(all.configs.map((config: Any) => config.id).sort(), ids);
  t.equal(all.nextPageToken, '');

  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = resultOf(await server.list({ taskId, pageSize: 2, pageToken }));
    seen.push(...page.configs.map((config: Any) => config.id));
    t.ok(page.configs.length <= 2);
    pageToken = page.nextPageToken;
    await server.remove(taskId, seen.at(-1) as string);
  } while (pageToken !== '');
  t.same(seen.sort(), ids);
  t.equal((await server.list({ taskId, pageToken: 'x' })).body.error?.code, -32602);
  t.equal((await server.list({ taskId, pageSize: 101 })).body.error?.code, -32602);
});

t.test('deleting removes a config, and again does no harm (P5)', async (t) => {
  const server = await start(t);
  const { id: taskId } = await server.task();
  resultOf(await server.create({ taskId, id: 'a', url: HOOK }));
  t.same(resultOf(await server.remove(taskId, 'a')), {});
  t.equal((await server.get(taskId, 'a')).body.error?.code, -32001);
  t.same(resultOf(await server.remove(taskId, 'a')), {});
});

t.test('a task has no more configs than the setting allows, and the refusal names it (P2)', async (t) => {
  const server = await start(t, { max_configs_per_task: 2 });
  const { id: taskId } = await server.task();
  await Promise.all([1, 2, 3, 4].map((n) => server.create({ taskId, id: `${n}`, url: HOOK })));
  const { configs } = resultOf(await server.list({ taskId }));
  t.equal(configs.length, 2);
  const refused = await server.create({ taskId, url: HOOK });
  t.match(refused.body.error, { code: -32602, message: /at most 2 .*server\.a2a\.push\.max_configs_per_task/ });
  t.match(refused.body.error?.data?.[0], { reason: 'TOO_MANY_PUSH_CONFIGS' });
  resultOf(await server.create({ taskId, id: configs[0].id, url: `${HOOK}2` }));
  t.equal(resultOf(await server.list({ taskId })).configs.length, 2, 'replacing adds none');

  const stranger = `${server.hector.url}/agents/other`;
  const configuration = { taskPushNotificationConfig: { url: HOOK } };
  const messageTo = (id: string) => ({ message: { ...userMessage('Hello'), taskId: id }, configuration });
  t.match((await rpc(server.url, 'SendMessage', messageTo(taskId))).body.error, { code: -32602 });
  for (const id of [taskId, 'nobody'])
    t.equal(
      (await rpc(stranger, 'SendMessage', messageTo(id))).body.error?.code,
      -32001,
      'a stranger does not learn that it is there (E7)',
    );
});

t.test('addresses that only this machine can reach are refused when they are registered (P10)', async (t) => {
  const server = await start(t, { allow_private: [] });
  const { id: taskId } = await server.task();
  for (const host of [
    ...['127.0.0.1', 'localhost', '10.1.2.3', '172.16.0.1', '192.168.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1'],
    ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[fe80::1]', '[fd00::1]', '[64:ff9b::7f00:1]', '[ff02::1]', '[2002:7f00:1::]'],
    ...['2130706433', '0x7f.1', '017700000001', '127.1'],
  ]) {
    const reply = await server.create({ taskId, url: `http://${host}/hook` });
    t.match(problemOf(reply), [-32602, { field: 'url', description: /server\.a2a\.push\.allow_private/ }], host);
  }
  const sent = await rpc(server.url, 'SendMessage', {
    message: userMessage('Hello'),
    configuration: { taskPushNotificationConfig: { url: 'http://127.0.0.1/' } },
  });
  t.match(problemOf(sent), [-32602, { field: 'configuration.taskPushNotificationConfig.url' }], 'before the message is accepted (S9)');
  const elsewhere = await rpc(server.url, 'SendMessage', {
    message: userMessage('Hello'),
    configuration: { taskPushNotificationConfig: { url: HOOK, taskId } },
  });
  t.match(
    problemOf(elsewhere),
    [-32602, { field: 'configuration.taskPushNotificationConfig.taskId' }],
    'it is for the task of the message',
  );
  const nameless = await server.create({ taskId, url: 'http://no-such-host.invalid/hook' });
  t.match(problemOf(nameless), [-32602, { field: 'url', description: /cannot be resolved/ }]);
});

t.test('what is no address to post to is refused with its field (P2, P11)', async (t) => {
  const server = await start(t, { require_https: true });
  const { id: taskId } = await server.task();
  for (const [config, field] of [
    [{ url: 'ftp://example.com' }, 'url'],
    [{ url: '/hook' }, 'url'],
    [{}, 'url'],
    [{ url: 'https://user:pw@127.0.0.1/' }, 'url'],
    [{ url: HOOK }, 'url'],
    [{ url: 'https://127.0.0.1/', authentication: {} }, 'authentication.scheme'],
    [{ url: 'https://127.0.0.1/', authentication: { scheme: 'Two words' } }, 'authentication.scheme'],
  ] as const) {
    t.match(problemOf(await server.create({ taskId, ...config })), [-32602, { field }], JSON.stringify(config));
  }
  t.match(problemOf(await server.create({ taskId, url: HOOK }))[1], { description: /server\.a2a\.push\.require_https/ });
  resultOf(await server.create({ taskId, url: 'https://127.0.0.1:9/' }));
});

t.test('the card declares push unless it is switched off; then every method and S9 is refused (P1, AC13, S9)', async (t) => {
  const on = await start(t);
  const cardOf = async (url: string) => (await (await fetch(`${url}/.well-known/agent-card.json`)).json()) as Any;
  t.equal((await cardOf(on.url)).capabilities.pushNotifications, true);
  const off = await start(t, { enabled: false });
  t.equal((await cardOf(off.url)).capabilities.pushNotifications, false);
  const { id: taskId } = await off.task();
  for (const reply of [
    await off.create({ taskId, url: HOOK }),
    await off.get(taskId, 'a'),
    await off.list({ taskId }),
    await off.remove(taskId, 'a'),
    await rpc(off.url, 'SendMessage', { message: userMessage('x'), configuration: { taskPushNotificationConfig: { url: HOOK } } }),
  ]) {
    t.equal(reply.body.error?.code, -32003);
    t.match(reply.body.error?.data?.[0], { reason: 'PUSH_NOTIFICATION_NOT_SUPPORTED' });
  }
});

t.test('a message sent again finds the config that it made (S9, S10)', async (t) => {
  const server = await start(t);
  const message = userMessage('Hello');
  const send = () => rpc(server.url, 'SendMessage', { message, configuration: { taskPushNotificationConfig: { url: HOOK } } });
  const [first, second] = [await send(), await send()];
  const taskId = first.body.result?.task?.id as string;
  t.equal(second.body.result?.task?.id, taskId);
  t.equal(resultOf(await server.list({ taskId })).configs.length, 1);
});
