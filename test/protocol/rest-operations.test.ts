import t from 'tap';
import { userMessage } from '../support/protocol-server.js';
import { type RestServer, startRestServer } from '../support/rest-rig.js';
import { agentSettings } from '../support/test-settings.js';

for (const http of ['uws', 'node'] as const) {
  t.test(`over ${http}`, async (t) => {
    t.test('each operation has its path and answers 200 with its result (RE1, RE2, RE6, S1, S2, K1, N1)', async (t) => {
      const server = await startRestServer(t, { http });
      const asked = server.ask('POST', '/message:send', { body: { message: userMessage('question') } });
      await (await server.nextRun()).finish('answer');
      const sent = await asked;
      t.equal(sent.status, 200);
      t.equal(sent.headers['content-type'], 'application/a2a+json');
      t.same(Object.keys(sent.body), ['task']);
      t.equal(sent.body.task.status.state, 'TASK_STATE_COMPLETED');
      t.same(sent.body.task.artifacts, [{ artifactId: 'answer', parts: [{ text: 'answer' }] }]);

      const { id } = sent.body.task;
      const read = await server.ask('GET', `/tasks/${id}`);
      t.equal(read.status, 200);
      t.equal(read.headers['content-type'], 'application/a2a+json');
      t.same(read.body, sent.body.task);
      t.equal((await server.ask('GET', `/tasks/${id}?historyLength=0`)).body.history, undefined);

      const task = await server.submit('another');
      const canceled = await server.ask('POST', `/tasks/${task.id}:cancel`);
      t.equal(canceled.status, 200);
      t.equal(canceled.body.status.state, 'TASK_STATE_CANCELED');
    });

    t.test('a body may be of either JSON type or of none, others are 415, as for JSON-RPC (RE2, J1)', async (t) => {
      const server = await startRestServer(t, { http });
      const ask = async (path: string, type: string | undefined) =>
        server.ask('POST', path, { headers: { 'content-type': type }, body: path === '' ? '{}' : { message: {} } });
      for (const type of ['application/json', 'Application/JSON; charset=utf-8', 'application/a2a+json', undefined]) {
        t.equal((await ask('/message:send', type)).status, 400, `${type}`);
        t.equal((await ask('', type)).status, 200, `JSON-RPC, ${type}`);
      }
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'multipart/form-data']) {
        for (const path of ['/message:send', '']) {
          const { status, body } = await ask(path, type);
          t.equal(status, 415);
          const reason = 'UNSUPPORTED_MEDIA_TYPE';
          t.match(
            body.error,
            path === '' ? { code: -32600, data: [{ reason }] } : { code: 415, status: 'INVALID_ARGUMENT', details: [{ reason }] },
          );
        }
      }
    });

    t.test('an empty body and null are empty requests (RE5)', async (t) => {
      const server = await startRestServer(t, { http });
      for (const body of [undefined, '', 'null', ' null ', '{}', '{"id":"other","metadata":{"why":"test"}}']) {
        const { id } = await server.submit('question');
        const { status, body: task } = await server.ask('POST', `/tasks/${id}:cancel`, body === undefined ? {} : { body });
        t.equal(status, 200, `${body}`);
        t.equal(task.id, id, 'the path says which task');
        const waiting = await server.submit('question');
        const stream = await server.open('POST', `/tasks/${waiting.id}:subscribe`, body === undefined ? {} : { body });
        t.equal((await stream.next())?.data.task.id, waiting.id);
        await stream.close();
      }
      const { status, body } = await server.ask('POST', '/message:send', { body: 'null' });
      t.equal(status, 400);
      t.match(body.error.details[1].fieldViolations, [{ field: 'message' }]);
    });

    t.test('ids are decoded, and end at the last colon that a verb follows (RE5)', async (t) => {
      const server = await startRestServer(t, { http });
      const message = async (method: string, path: string) => (await server.ask(method, path)).body.error.message;
      t.equal(await message('POST', '/tasks/a%2Fb%20%C3%A9:cancel'), "Task 'a/b é' not found");
      t.equal(await message('POST', '/tasks/a:b:cancel'), "Task 'a:b' not found");
      t.equal(await message('POST', '/tasks/a:cancel:cancel'), "Task 'a:cancel' not found");
      t.equal(await message('POST', '/tasks/a%3Acancel'), "Task 'a' not found");
      t.equal(await message('GET', '/tasks/a:b'), "Task 'a:b' not found");
      const { id } = await server.submit('question');
      const encoded = id.replaceAll('-', '%2D');
      t.equal((await server.ask('GET', `/tasks/${encoded}`)).body.id, id);
      t.equal((await server.ask('POST', `/tasks/${encoded}:cancel`)).body.id, id);
    });

    t.test('a tenant stands before the path, in the query or in the body; its tasks are its own (RE1, U1)', async (t) => {
      const server = await startRestServer(t, { http });
      const { id } = await server.submit('question', { tenant: 'acme co/1' });
      const seenAs = async (path: string) => (await server.ask('GET', path)).status;
      t.equal(await seenAs(`/acme%20co%2F1/tasks/${id}`), 200);
      t.equal(await seenAs(`/tasks/${id}?tenant=acme+co%2F1`), 200);
      t.equal(await seenAs(`/acme%20co%2F1/tasks/${id}?tenant=acme+co%2F1`), 200, 'told twice, the same');
      for (const path of [`/tasks/${id}`, `/other/tasks/${id}`, `/tasks/${id}?tenant=other`]) t.equal(await seenAs(path), 404, path);

      const rpc = async (tenant: string | undefined) =>
        (await server.ask('POST', '', { body: { jsonrpc: '2.0', id: 1, method: 'GetTask', params: { id, tenant } } })).body;
      t.equal((await rpc('acme co/1')).result.id, id, 'the same tenant over JSON-RPC');
      t.equal((await rpc(undefined)).error.code, -32001);
      t.equal((await rpc('other')).error.code, -32001);

      const more = (tenant: string) => ({ body: { message: userMessage('more', { taskId: id }), tenant } });
      t.equal((await server.ask('POST', '/message:send', more(''))).status, 404, 'nor can others continue, cancel or watch it');
      t.equal((await server.ask('POST', `/tasks/${id}:cancel`)).status, 404);
      t.equal((await server.ask('POST', `/other/tasks/${id}:subscribe`)).status, 404);
      t.equal((await server.ask('POST', '/message:send', more('acme co/1'))).status, 400, 'it is being worked on');

      const { status, body } = await server.ask('POST', '/acme%20co%2F1/message:send', more('other'));
      t.equal(status, 400, 'told twice, not the same');
      t.match(body.error.details[1].fieldViolations, [{ field: 'tenant' }]);
      t.match((await server.ask('POST', `/tasks/${id}:cancel`, { body: { tenant: 7 } })).body.error.details[1].fieldViolations, [
        { field: 'tenant' },
      ]);
      t.equal((await server.ask('POST', `/acme%20co%2F1/tasks/${id}:cancel`)).status, 200);
    });

    t.test('the words of the paths are never tenants (RE1)', async (t) => {
      const server = await startRestServer(t, { http });
      t.equal((await server.ask('GET', '/tasks/tasks')).body.error.message, "Task 'tasks' not found");
      for (const word of ['tasks', 'message:send', 'message:stream', 'extendedAgentCard', 'message%3Asend']) {
        const { status, body } = await server.ask('GET', `/${word}/tasks/x`);
        t.equal(status, 404, word);
        t.equal(body.error.details[0].reason, 'NOT_FOUND', `${word}: no such path`);
      }
      t.equal((await server.ask('GET', '/v1/tasks/x')).body.error.message, "Task 'x' not found");
    });

    t.test('paths of operations that the card does not declare answer as JSON-RPC does (AC13, P1, X1)', async (t) => {
      const server = await startRestServer(t, { http });
      for (const [method, path] of [
        ['POST', '/tasks/a/pushNotificationConfigs'],
        ['GET', '/tasks/a/pushNotificationConfigs'],
        ['GET', '/tasks/a/pushNotificationConfigs/b'],
        ['DELETE', '/tasks/a/pushNotificationConfigs/b'],
        ['DELETE', '/tenant/tasks/a/pushNotificationConfigs/b'],
      ] as const) {
        const { status, body } = await server.ask(method, path, method === 'POST' ? { body: { url: 'http://x' } } : {});
        t.equal(status, 400);
        t.equal(body.error.details[0].reason, 'PUSH_NOTIFICATION_NOT_SUPPORTED', `${method} ${path}`);
      }
      const { status, body } = await server.ask('GET', '/extendedAgentCard');
      t.equal(status, 400);
      t.equal(body.error.details[0].reason, 'UNSUPPORTED_OPERATION');
    });

    t.test('known paths say which methods they answer, HEAD included; unknown ones are 404, all in one shape (E5)', async (t) => {
      const server = await startRestServer(t, { http });
      const { id } = await server.submit('question');
      for (const [method, path, allow] of [
        ['GET', '/message:send', 'POST, OPTIONS'],
        ['PUT', '/tenant/message:stream', 'POST, OPTIONS'],
        ['GET', `/tasks/${id}:cancel`, 'POST, OPTIONS'],
        ['DELETE', `/tasks/${id}:subscribe`, 'POST, GET, HEAD, OPTIONS'],
        ['POST', `/tasks/${id}`, 'GET, HEAD, OPTIONS'],
        ['POST', `/tasks/${id}:frobnicate`, 'GET, HEAD, OPTIONS'],
        ['DELETE', '/tasks/a/pushNotificationConfigs', 'POST, GET, HEAD, OPTIONS'],
        ['PATCH', '/tasks/a/pushNotificationConfigs/b', 'GET, HEAD, DELETE, OPTIONS'],
        ['POST', '/extendedAgentCard', 'GET, HEAD, OPTIONS'],
      ] as const) {
        const { status, headers, body } = await server.ask(method, path);
        t.equal(status, 405, `${method} ${path}`);
        t.equal(headers.allow, allow, path);
        t.equal(headers['content-type'], 'application/a2a+json');
        t.match(body, { error: { code: 405, status: 'UNIMPLEMENTED', details: [{ reason: 'METHOD_NOT_ALLOWED' }] } });
      }
      const preflight = await server.ask('OPTIONS', '/tasks/a/pushNotificationConfigs/b');
      t.equal(preflight.status, 204);
      t.match(preflight.headers['access-control-allow-methods'], /DELETE/);
      for (const path of ['/nothing', '/message:fetch', '/tasks/a/b', '/a/b/tasks', '//message:send', '/tenant/extendedAgentCard/x']) {
        const { status, body } = await server.ask('GET', path);
        t.equal(status, 404, path);
        t.match(body, { error: { code: 404, status: 'NOT_FOUND', message: String, details: [{ reason: 'NOT_FOUND' }] } });
      }
      for (const [path, status] of [
        [`/tasks/${id}`, 200],
        ['/tasks/unknown', 404],
        ['/extendedAgentCard', 400],
      ] as const) {
        const got = await server.ask('GET', path);
        const head = await server.ask('HEAD', path);
        t.equal(head.status, status);
        t.equal(head.headers['content-type'], 'application/a2a+json');
        t.equal(head.headers['content-length'], got.headers['content-length']);
        t.equal(head.body, undefined);
      }
      const head = await server.ask('HEAD', `/tasks/${id}:subscribe`);
      t.equal(head.headers['content-type'], 'text/event-stream');
      await followersGone(server);
    });

    t.test('the card names both bindings at the address where they answer, the preferred one first (AC9, AC10)', async (t) => {
      const server = await startRestServer(t, { http, agents: { 'a b': agentSettings() } });
      const card = (await server.ask('GET', '', { agent: 'a%20b' })).body;
      t.same(card.supportedInterfaces, [
        { url: `${server.url}/agents/a%20b`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
        { url: `${server.url}/agents/a%20b`, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      ]);
      const response = await fetch(`${card.supportedInterfaces[1].url}/tasks/none`, { headers: { 'a2a-version': '1.0' } });
      t.match(await response.json(), { error: { details: [{ reason: 'TASK_NOT_FOUND' }] } });
    });
  });
}

/** A stream that nobody reads lets go of its task. */
async function followersGone({ feed }: RestServer): Promise<void> {
  while (feed.size > 0) await new Promise(setImmediate);
}
