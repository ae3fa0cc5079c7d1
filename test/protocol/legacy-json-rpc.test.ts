/** JSON-RPC of A2A 0.3 on the endpoint of 1.0, over the wire. */
import t, { type Test } from 'tap';
import type { TaskEventBody } from '../../src/tasks/task-event.js';
import { userMessage } from '../support/protocol-server.js';
import { type AskOptions, type RestServer, startRestServer } from '../support/rest-rig.js';
import { agentSettings } from '../support/test-settings.js';
import { status as statusEvent } from '../support/test-worker.js';

// As 0.3 clients call: without a version.
const HEADERS = { 'a2a-version': undefined };

function start(t: Test, options: Partial<Parameters<typeof startRestServer>[1]> = {}) {
  const { server, ...others } = options;
  return startRestServer(t, { http: 'node', server: { ...server, a2a: { legacy: true, ...server?.a2a } }, ...others });
}

const NEEDED = { uri: 'urn:needed', description: '', required: true, params: undefined };

let sent = 0;

function message(text: string, more: Record<string, unknown> = {}) {
  sent += 1;
  return { kind: 'message', messageId: `legacy-${sent}`, role: 'user', parts: [{ kind: 'text', text }], ...more };
}

async function call(server: RestServer, method: string, params?: unknown, options: AskOptions = {}) {
  const body = { jsonrpc: '2.0', id: 7, method, ...(params === undefined ? {} : { params }) };
  return server.ask('POST', '', { ...options, headers: { ...HEADERS, ...options.headers }, body });
}

function open(server: RestServer, method: string, params: unknown, options: AskOptions = {}) {
  return server.open('POST', '', {
    ...options,
    headers: { ...HEADERS, ...options.headers },
    body: { jsonrpc: '2.0', id: 7, method, params },
  });
}

t.test('without the switch 0.3 is answered as ever: its version is not supported, its methods and paths are not there (V3)', async (t) => {
  const server = await startRestServer(t, { http: 'node' });
  t.match(await call(server, 'message/send', { message: message('x') }), { status: 200, body: { id: 7, error: { code: -32009 } } });
  t.match(await call(server, 'message/send', {}, { headers: { 'a2a-version': '1.0' } }), { body: { error: { code: -32601 } } });
  t.match(await server.ask('GET', '/v1/card'), { status: 404 });
  t.match(await server.ask('GET', '/v1/tasks'), { status: 200, body: { tasks: [] } }, 'v1 is a tenant like any other');
  for (const path of ['/.well-known/agent.json', '/agents/helper/.well-known/agent.json', '/v1/card']) {
    t.equal((await fetch(`${server.url}${path}`)).status, 404, path);
  }
  const path = '/.well-known/agent-card.json';
  const { headers, body } = await server.ask('GET', path, { headers: HEADERS });
  t.equal(headers.vary, undefined);
  t.same(body, (await server.ask('GET', path)).body, 'one card for all');
  t.notOk('protocolVersion' in body);
});

t.test(
  'message/send waits by default and answers the bare task, with kind; blocking false does not wait (V5, S2, S3, API-30, API-33)',
  async (t) => {
    const server = await start(t);
    for (const configuration of [undefined, {}, { blocking: true }]) {
      const sending = call(server, 'message/send', { message: message('question'), configuration });
      const run = await server.nextRun();
      await run.finish('answer');
      const { status, headers, body } = await sending;
      t.equal(status, 200);
      t.equal(headers['content-type'], 'application/json');
      t.match(body, {
        jsonrpc: '2.0',
        id: 7,
        result: {
          kind: 'task',
          id: run.taskId,
          contextId: /./,
          status: { state: 'completed', timestamp: /Z$/ },
          artifacts: [{ artifactId: /./, parts: [{ kind: 'text', text: 'answer' }] }],
          history: [{ kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'question' }], taskId: run.taskId }],
        },
      });
    }
    const quick = await call(server, 'message/send', { message: message('question'), configuration: { blocking: false } });
    t.match(quick.body.result, { kind: 'task', status: { state: 'submitted' } });
  },
);

t.test('message/stream tells task, working, artifacts and status by kind and ends with final (V5, T3, T11, API-30, API-37)', async (t) => {
  const server = await start(t);
  const stream = await open(server, 'message/stream', { message: message('question') });
  const first = await stream.next();
  t.match(first?.data, { jsonrpc: '2.0', id: 7, result: { kind: 'task', status: { state: 'submitted' } } });
  const run = await server.nextRun();
  await run.preview('so ');
  await run.finish('so far');
  const events = (await stream.rest()).map(({ data }) => data.result);
  t.same(
    events.map(({ kind, final }) => [kind, final]),
    [
      ['status-update', false],
      ['artifact-update', undefined],
      ['artifact-update', undefined],
      ['status-update', true],
    ],
  );
  t.match(events[0], { status: { state: 'working' } });
  t.match(events[1], { taskId: run.taskId, artifact: { parts: [{ kind: 'text', text: 'so ' }] } });
  t.match(events[3], { status: { state: 'completed' } });
});

t.test('a stream that ends when input is asked for says so with final; one that stays open does not (T4, T9)', async (t) => {
  for (const closeOnInputRequired of [true, false]) {
    const server = await start(t, { server: { a2a: { closeOnInputRequired } } });
    const stream = await open(server, 'message/stream', { message: message('question') });
    await stream.next();
    const run = await server.nextRun();
    const watch = await open(server, 'tasks/resubscribe', { id: run.taskId });
    t.match((await watch.next())?.data.result, { kind: 'task', status: { state: 'working' } });
    await run.rest('TASK_STATE_INPUT_REQUIRED', 'which one?');
    const states = [];
    for (let frame = await stream.next(); frame !== undefined; frame = await stream.next()) {
      if (frame.data.result.kind !== 'status-update') continue;
      states.push([frame.data.result.status.state, frame.data.result.final]);
      if (frame.data.result.status.state === 'input-required') break;
    }
    t.same(states.at(-1), ['input-required', closeOnInputRequired]);
    if (closeOnInputRequired) t.equal(await stream.next(), undefined);
    else await stream.close();
    t.match((await watch.next())?.data.result, { kind: 'status-update', status: { state: 'input-required' }, final: false });
    await watch.close();
  }
});

t.test('tasks/get, tasks/cancel and tasks/resubscribe (V5, K1, N1, T7, T8, API-31)', async (t) => {
  const server = await start(t);
  const { result: task } = (await call(server, 'message/send', { message: message('one'), configuration: { blocking: false } })).body;
  const stream = await open(server, 'tasks/resubscribe', { id: task.id });
  t.match((await stream.next())?.data.result, { kind: 'task', id: task.id });
  t.match((await call(server, 'tasks/get', { id: task.id, historyLength: 1 })).body.result, {
    kind: 'task',
    history: [{ kind: 'message' }],
  });
  t.match(
    (await call(server, 'tasks/get', { id: task.id, historyLength: 0 })).body.result,
    { history: [{ kind: 'message' }] },
    'all of it',
  );
  t.match((await call(server, 'tasks/cancel', { id: task.id })).body.result, { kind: 'task', status: { state: 'canceled' } });
  t.match((await stream.rest()).at(-1)?.data.result, { kind: 'status-update', status: { state: 'canceled' }, final: true });
  t.match(await call(server, 'tasks/resubscribe', { id: task.id }), { body: { error: { code: -32004 } } });
});

t.test('every state has the word of 0.3, over the wire (V5, API-35)', async (t) => {
  const server = await start(t);
  for (const [state, word] of [
    ['TASK_STATE_COMPLETED', 'completed'],
    ['TASK_STATE_FAILED', 'failed'],
    ['TASK_STATE_REJECTED', 'rejected'],
    ['TASK_STATE_INPUT_REQUIRED', 'input-required'],
    ['TASK_STATE_AUTH_REQUIRED', 'auth-required'],
  ] as const) {
    const sending = call(server, 'message/send', { message: message('x') });
    await (await server.nextRun()).commit({ state, events: [statusEvent(state, 'why')] });
    t.match((await sending).body.result, { kind: 'task', status: { state: word, message: { role: 'agent', parts: [{ text: 'why' }] } } });
  }
});

t.test('errors have the codes of 0.3, and data that is an object (V5, E2, API-36)', async (t) => {
  const server = await start(t, { agents: { helper: agentSettings(), strict: agentSettings({ extensions: [NEEDED] }) } });
  const { result: ended } = (await call(server, 'message/send', { message: message('one'), configuration: { blocking: false } })).body;
  await (await server.run(ended.id)).finish('answer');
  for (const [code, reason, method, params, options] of [
    [-32001, 'TASK_NOT_FOUND', 'tasks/get', { id: 'none' }],
    [-32001, 'TASK_NOT_FOUND', 'tasks/cancel', { id: 'none' }],
    [-32002, 'TASK_NOT_CANCELABLE', 'tasks/cancel', { id: ended.id }],
    [-32003, 'PUSH_NOTIFICATION_NOT_SUPPORTED', 'tasks/pushNotificationConfig/list', { id: ended.id }],
    [-32004, 'UNSUPPORTED_OPERATION', 'agent/getAuthenticatedExtendedCard', undefined],
    [
      -32005,
      'CONTENT_TYPE_NOT_SUPPORTED',
      'message/send',
      { message: message('x'), configuration: { acceptedOutputModes: ['image/png'] } },
    ],
    [-32602, 'INVALID_PARAMS', 'message/send', { message: message('x', { messageId: '' }) }],
    [-32602, 'INVALID_PARAMS', 'tasks/get', undefined],
    [-32601, 'METHOD_NOT_FOUND', 'tasks/list', {}],
    // 0.3 has no codes for these two.
    [-32004, 'EXTENSION_SUPPORT_REQUIRED', 'tasks/get', { id: ended.id }, { agent: 'strict' }],
    [-32004, 'VERSION_NOT_SUPPORTED', 'tasks/get', { id: ended.id }, { headers: { 'a2a-version': '2.0' } }],
  ] as const) {
    const { status, body } = await call(server, method, params, options);
    t.equal(status, 200);
    t.match(body, { jsonrpc: '2.0', id: 7, error: { code, message: /./, data: { reason } } }, `${method} ${reason}`);
  }
});

t.test('what is wrong with a message is told by the names of 0.3 (E4, E6)', async (t) => {
  const server = await start(t);
  const parts = [
    { kind: 'file', file: { bytes: '***', mimeType: 7 } },
    { kind: 'file', file: { uri: '' } },
  ];
  const { error } = (await call(server, 'message/send', { message: message('x', { parts }) })).body;
  t.same(
    error.data.fieldViolations.map(({ field }: { field: string }) => field),
    ['message.parts[0].file.mimeType', 'message.parts[0].file.bytes', 'message.parts[1].file.uri'],
  );
  t.match(error.message, /: message\.parts\[0\]\.file\.mimeType: /);
  const role = (await call(server, 'message/send', { message: message('x', { role: 'agent' }) })).body.error;
  t.match(role.data.fieldViolations, [{ field: 'message.role', description: 'must be "user"' }]);
});

t.test('every kind of part arrives as what it is and is shown again as it came (V5, API-34)', async (t) => {
  const server = await start(t, { agents: { helper: agentSettings({ inputModes: ['*/*'] }) } });
  const parts = [
    { kind: 'text', text: 'a', metadata: { m: 1 } },
    { kind: 'file', file: { bytes: 'AAEC', name: 'a.png', mimeType: 'image/png' } },
    { kind: 'file', file: { uri: 'https://x.example/a' } },
    { kind: 'data', data: { a: [null] } },
    { kind: 'data', data: { value: [1] }, metadata: { data_part_compat: true } },
  ];
  const { result } = (await call(server, 'message/send', { message: message('x', { parts }), configuration: { blocking: false } })).body;
  t.same(result.history[0].parts, parts);
  const now = await server.ask('POST', '', { body: { jsonrpc: '2.0', id: 1, method: 'GetTask', params: { id: result.id } } });
  t.same(now.body.result.history[0].parts, [
    { text: 'a', metadata: { m: 1 } },
    { raw: 'AAEC', filename: 'a.png', mediaType: 'image/png' },
    { url: 'https://x.example/a' },
    { data: { a: [null] } },
    { data: [1] },
  ]);
});

t.test(
  'methods with a colon, tasks/subscribe, and parts with a type for a kind are taken as what they mean (V5, API-30, API-31, API-34)',
  async (t) => {
    const server = await start(t, { agents: { helper: agentSettings({ inputModes: ['*/*'] }) } });
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'file', file: { bytes: 'AAEC', name: 'a.png', mimeType: 'image/png' } },
      { type: 'data', data: { a: 1 } },
    ];
    const { result } = (await call(server, 'message:send', { message: message('x', { parts }), configuration: { blocking: false } })).body;
    t.match(result, { kind: 'task', status: { state: 'submitted' } });
    t.same(
      result.history[0].parts,
      parts.map(({ type, ...part }) => ({ kind: type, ...part })),
    );
    const watch = await open(server, 'tasks/subscribe', { id: result.id });
    t.match((await watch.next())?.data.result, { kind: 'task', id: result.id });
    await watch.close();
    const stream = await open(server, 'message:stream', { message: message('y') });
    t.match((await stream.next())?.data.result, { kind: 'task', status: { state: 'submitted' } });
    await stream.close();
    const both = [{ kind: 'text', type: 'file', text: 'the newer word counts' }];
    const sent = await call(server, 'message/send', { message: message('z', { parts: both }), configuration: { blocking: false } });
    t.match(sent.body.result.history[0].parts, [{ kind: 'text', text: 'the newer word counts' }]);
  },
);

t.test('extensions are asked for by either header and told back in both (H1, H2, H3)', async (t) => {
  const server = await start(t);
  const strict = await start(t, { agents: { helper: agentSettings({ extensions: [NEEDED] }) } });
  const uri = 'urn:hector:extension:reliable-stream:v1';
  for (const name of ['X-A2A-Extensions', 'A2A-Extensions']) {
    const stream = await open(server, 'message/stream', { message: message('x') }, { headers: { [name]: uri } });
    t.equal(stream.headers.get('x-a2a-extensions'), uri);
    t.equal(stream.headers.get('a2a-extensions'), uri);
    t.match((await stream.next())?.data.result, { kind: 'task', metadata: { [uri]: { seq: 1, cursor: '1' } } });
    await stream.close();
  }
  const needed = await call(strict, 'tasks/get', { id: 'none' }, { headers: { 'X-A2A-Extensions': 'urn:other, urn:needed' } });
  t.match(needed, { headers: { 'x-a2a-extensions': 'urn:needed' }, body: { error: { code: -32001 } } });
  const preflight = await fetch(`${server.url}/agents/helper`, { method: 'OPTIONS' });
  t.match(preflight.headers.get('access-control-allow-headers'), /X-A2A-Extensions/);
});

t.test('the name of the method tells the version before any header; 1.0 is strict as ever (V5, V2, V3)', async (t) => {
  const server = await start(t);
  const configuration = { blocking: false };
  for (const version of [undefined, '', '0.3', '0.3.0', '1.0']) {
    const { body } = await call(server, 'message/send', { message: message('x'), configuration }, { headers: { 'a2a-version': version } });
    t.match(body, { result: { kind: 'task' } }, `message/send with ${version}`);
  }
  const params = { message: userMessage('x'), configuration: { returnImmediately: true } };
  t.match(await call(server, 'SendMessage', params, { headers: { 'a2a-version': '1.0' } }), { body: { result: { task: {} } } });
  t.match(await call(server, 'SendMessage', params), { body: { error: { code: -32009, data: [{ reason: 'VERSION_NOT_SUPPORTED' }] } } });
  t.match(await call(server, 'tasks/list', {}, { headers: { 'a2a-version': '1.0' } }), { body: { error: { code: -32601, data: [{}] } } });
});

t.test('both versions see the same tasks, under no tenant (V5, U1)', async (t) => {
  const server = await start(t);
  const mine = await server.submit('by 1.0');
  t.match((await call(server, 'tasks/get', { id: mine.id })).body.result, { kind: 'task', id: mine.id });
  const theirs = await server.submit('by 1.0', { tenant: 'acme' });
  t.match((await call(server, 'tasks/get', { id: theirs.id, tenant: 'acme' })).body.error, { code: -32001 });
});

t.test('an agent that answers with a message sends it bare, with kind (S1, T2)', async (t) => {
  const server = await start(t, { agents: { helper: agentSettings({ directMessages: true }) } });
  const sending = call(server, 'message/send', { message: message('x') });
  const { type, status } = statusEvent('TASK_STATE_COMPLETED', 'hello') as Extract<TaskEventBody, { type: 'status.changed' }>;
  await (await server.nextRun()).commit({ state: 'TASK_STATE_COMPLETED', events: [{ type, status, direct: true }] });
  t.match((await sending).body.result, { kind: 'message', role: 'agent', contextId: /./, parts: [{ kind: 'text', text: 'hello' }] });
});
