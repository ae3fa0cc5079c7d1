/** HTTP+JSON of A2A 0.3, over the wire: ProtoJSON below `/v1`, of an agent and of the server. */
import t, { type Test } from 'tap';
import type { WireFrame } from '../support/protocol-server.js';
import { type RestServer, startRestServer } from '../support/rest-rig.js';
import { agentSettings } from '../support/test-settings.js';

type Http = 'uws' | 'node';

/** As 0.3 clients call: without a version. */
function start(t: Test, http: Http, options: Partial<Parameters<typeof startRestServer>[1]> = {}) {
  return startRestServer(t, { http, server: { a2a: { legacy: true } }, ...options });
}

const HEADERS = { 'a2a-version': undefined };

let sent = 0;

function message(text: string, more: Record<string, unknown> = {}) {
  sent += 1;
  return { messageId: `rest-${sent}`, role: 'ROLE_USER', content: [{ text }], ...more };
}

function ask(server: RestServer, method: string, path: string, body?: unknown, headers: Record<string, string | undefined> = {}) {
  return server.ask(method, path, { headers: { ...HEADERS, ...headers }, ...(body === undefined ? {} : { body }) });
}

/** A task that has been sent and not waited for. */
async function submit(server: RestServer) {
  return (await ask(server, 'POST', '/v1/message:send', { message: message('one'), configuration: {} })).body.task;
}

for (const http of ['uws', 'node'] as const) {
  t.test(`over ${http}`, async (t) => {
    t.test('message:send answers ProtoJSON of 0.3, waiting unless a configuration does not say so (V5, S2, S3)', async (t) => {
      const server = await start(t, http);
      const sending = ask(server, 'POST', '/v1/message:send', { message: message('question') });
      const run = await server.nextRun();
      await run.finish('answer');
      const { status, headers, body } = await sending;
      t.equal(status, 200);
      t.equal(headers['content-type'], 'application/json');
      t.match(body, {
        task: {
          id: run.taskId,
          contextId: /./,
          status: { state: 'TASK_STATE_COMPLETED', timestamp: /Z$/ },
          artifacts: [{ parts: [{ text: 'answer' }] }],
          history: [{ role: 'ROLE_USER', content: [{ text: 'question' }], taskId: run.taskId }],
        },
      });
      t.notMatch(JSON.stringify(body), /"kind"/);
      const quick = await ask(server, 'POST', '/v1/message:send', {
        request: message('x'),
        configuration: { acceptedOutputModes: ['text/plain'] },
      });
      t.match(quick.body, { task: { status: { state: 'TASK_STATE_SUBMITTED' } } }, 'by the name in the proto, and false left out');
    });

    t.test('message:stream and :subscribe tell events by member, with final; a canceled task has two L (V5, T3, T7)', async (t) => {
      const server = await start(t, http);
      const open = (method: string, path: string, body?: unknown) =>
        server.open(method, path, { headers: HEADERS, ...(body === undefined ? {} : { body }) });
      const stream = await open('POST', '/v1/message:stream', { message: message('question') });
      const first = await stream.next();
      const { id } = (first as WireFrame).data.task as { id: string };
      const run = await server.nextRun();
      await run.preview('so far');
      const watches = [await open('GET', `/v1/tasks/${id}:subscribe`), await open('POST', `/v1/tasks/${id}:subscribe`)];
      for (const watch of watches) t.match((await watch.next())?.data, { task: { id, status: { state: 'TASK_STATE_WORKING' } } });
      t.match(await ask(server, 'POST', `/v1/tasks/${id}:cancel`), {
        status: 200,
        body: { id, status: { state: 'TASK_STATE_CANCELLED' } },
      });
      for (const one of [stream, ...watches]) {
        const events = (await one.rest()).map(({ data }) => data);
        t.match(events.at(-1), { statusUpdate: { taskId: id, status: { state: 'TASK_STATE_CANCELLED' }, final: true } });
        t.ok(events.some(({ artifactUpdate }) => artifactUpdate?.artifact.parts[0].text === 'so far'));
      }
      t.match(await ask(server, 'GET', `/v1/tasks/${id}?historyLength=0`), { body: { id, history: [{ role: 'ROLE_USER' }] } });
      t.match(await ask(server, 'GET', `/v1/tasks/${id}`), { body: { status: { state: 'TASK_STATE_CANCELLED' } } });
    });

    t.test('errors are bare objects with the code of JSON-RPC and the status of HTTP (V5, E2)', async (t) => {
      const server = await start(t, http);
      const { id } = await submit(server);
      await (await server.run(id)).finish('answer');
      for (const [status, code, type, method, path, body] of [
        [404, -32001, 'TaskNotFoundError', 'GET', '/v1/tasks/none'],
        [400, -32002, 'TaskNotCancelableError', 'POST', `/v1/tasks/${id}:cancel`],
        [400, -32003, 'PushNotificationNotSupportedError', 'GET', `/v1/tasks/${id}/pushNotificationConfigs`],
        [400, -32004, 'UnsupportedOperationError', 'GET', '/v1/card'],
        [400, -32004, 'UnsupportedOperationError', 'GET', `/v1/tasks/${id}:subscribe`],
        [400, -32602, 'InvalidParamsError', 'POST', '/v1/message:send', { message: { messageId: 'm', role: 'ROLE_USER' } }],
        [400, -32700, 'JSONParseError', 'POST', '/v1/message:send', '{'],
        [400, -32004, 'UnsupportedOperationError', 'GET', '/v1/tasks/none?A2A-Version=9.9'],
      ] as const) {
        const reply = await ask(server, method, path, body);
        t.match(
          reply,
          { status, headers: { 'content-type': 'application/json' }, body: { type, code, message: /./, data: { reason: /./ } } },
          path,
        );
      }
      const { body } = await ask(server, 'POST', '/v1/message:send', {
        message: message('x', { content: [{ file: { fileWithBytes: '*' } }] }),
      });
      t.match(body.data.fieldViolations, [{ field: 'message.content[0].file.fileWithBytes', description: 'must be base64' }]);
    });

    t.test('/v1 is no tenant here, other words are; 0.3 has no list of tasks (V5, U1, RE1)', async (t) => {
      const server = await start(t, http);
      const { id } = await server.submit('x', { tenant: 'v2' });
      t.match(await server.ask('GET', '/v2/tasks'), { status: 200, body: { tasks: [{ id }] } });
      t.match(await server.ask('GET', '/v1/tasks'), { status: 404 });
      t.match(await server.ask('DELETE', '/v1/card'), { status: 405 });
    });

    t.test('/v1 of the server is that of the default agent (V5, API-25)', async (t) => {
      const agents = { alpha: agentSettings(), beta: agentSettings() };
      const server = await start(t, http, { agents, defaultAgent: 'beta' });
      const post = (path: string, body: unknown) =>
        fetch(`${server.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      const reply = await post('/v1/message:send', { message: message('one'), configuration: {} });
      t.equal(reply.status, 200);
      const { id } = ((await reply.json()) as { task: { id: string } }).task;
      t.equal((await fetch(`${server.url}/v1/tasks/${id}`)).status, 200);
      t.equal((await fetch(`${server.url}/agents/beta/v1/tasks/${id}`)).status, 200);
      t.equal((await fetch(`${server.url}/agents/alpha/v1/tasks/${id}`)).status, 404);

      const hidden = await start(t, http, { agents: { alpha: agentSettings({ visibility: 'private' }) } });
      const refused = await fetch(`${hidden.url}/v1/tasks/${id}`);
      t.equal(refused.status, 404);
      t.match(await refused.json(), { type: 'InvalidParamsError', data: { reason: 'AGENT_NOT_FOUND' } });
    });
  });
}
