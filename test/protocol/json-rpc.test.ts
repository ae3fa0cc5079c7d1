import t from 'tap';
import { startProtocolServer, userMessage } from '../support/protocol-server.js';

t.test('the id is echoed as it came: string, number, null (J4)', async (t) => {
  const server = startProtocolServer(t);
  for (const id of ['a"\u00e9', 7, 1.5, 0, null]) {
    const { body, headers } = await server.call('GetTask', { id: 'none' }, { id });
    t.equal(body.jsonrpc, '2.0');
    t.equal(body.id, id);
    t.equal(headers['content-type'], 'application/json');
  }
});

t.test('what is not a JSON-RPC request is refused with its code, HTTP 200 (J1, J4, E2, API-36)', async (t) => {
  const server = startProtocolServer(t);
  const cases: [string, number, unknown, RegExp][] = [
    ['', -32700, null, /^Invalid JSON payload: the body is empty$/],
    ['{"jsonrpc":', -32700, null, /^Invalid JSON payload$/],
    ['[]', -32600, null, /batches/],
    ['[{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"a"}}]', -32600, null, /batches/],
    ['null', -32600, null, /must be an object, not null/],
    ['"x"', -32600, null, /must be an object, not a string/],
    ['{"id":5,"method":"GetTask"}', -32600, 5, /jsonrpc must be "2.0"/],
    ['{"jsonrpc":"1.0","id":5,"method":"GetTask"}', -32600, 5, /jsonrpc must be "2.0"/],
    ['{"jsonrpc":"2.0","id":5}', -32600, 5, /method is missing/],
    ['{"jsonrpc":"2.0","id":5,"method":7}', -32600, 5, /method must be a string/],
    ['{"jsonrpc":"2.0","id":{},"method":"GetTask"}', -32600, null, /id must be a string, a number or null/],
    ['{"jsonrpc":"2.0","method":"GetTask","params":{"id":"a"}}', -32600, null, /no notifications/],
    ['{"jsonrpc":"2.0","id":5,"method":"Nothing","params":{}}', -32601, 5, /Method not found: 'Nothing'/],
    ['{"jsonrpc":"2.0","id":5,"method":"message/send","params":{}}', -32601, 5, /belong to version 0.3/],
    ['{"jsonrpc":"2.0","id":5,"method":"constructor","params":{}}', -32601, 5, /Method not found/],
    ['{"jsonrpc":"2.0","id":5,"method":"GetTask","params":"x"}', -32602, 5, /params must be an object \(not a string\)/],
    ['{"jsonrpc":"2.0","id":5,"method":"GetTask","params":["x"]}', -32602, 5, /params must be an object \(not an array\)/],
    ['{"jsonrpc":"2.0","id":5,"method":"GetTask"}', -32602, 5, /params must be an object \(they are missing\)/],
  ];
  for (const [sent, code, id, message] of cases) {
    const { status, body } = await server.post(sent);
    t.equal(status, 200, sent);
    t.equal(body.id, id, sent);
    t.equal(body.error.code, code, sent);
    t.match(body.error.message, message);
  }
});

t.test('calls that need what the card does not declare get their named error (AC13, P1, X1)', async (t) => {
  const server = startProtocolServer(t);
  for (const method of [
    'CreateTaskPushNotificationConfig',
    'GetTaskPushNotificationConfig',
    'ListTaskPushNotificationConfigs',
    'DeleteTaskPushNotificationConfig',
  ]) {
    const { body } = await server.call(method, {});
    t.equal(body.error.code, -32003);
    t.equal(body.error.data[0].reason, 'PUSH_NOTIFICATION_NOT_SUPPORTED');
  }
  const { body } = await server.post('{"jsonrpc":"2.0","id":1,"method":"GetExtendedAgentCard"}');
  t.equal(body.error.code, -32004);
  const push = await server.call('SendMessage', {
    message: userMessage('a'),
    configuration: { taskPushNotificationConfig: { url: 'http://x' } },
  });
  t.equal(push.body.error.code, -32003);
});

t.test('results have the shape of their method (J3, S1)', async (t) => {
  const server = startProtocolServer(t);
  const sent = await server.call('SendMessage', { message: userMessage('a'), configuration: { returnImmediately: true } });
  t.same(Object.keys(sent.body.result), ['task']);
  const { id } = sent.body.result.task;
  t.equal((await server.call('GetTask', { id })).body.result.id, id);
  t.equal((await server.call('CancelTask', { id })).body.result.status.state, 'TASK_STATE_CANCELED');
});

t.test('an unknown or private agent is 404, in the envelope of the call (E5, E7, J4)', async (t) => {
  const { agentSettings } = await import('../support/test-settings.js');
  const server = startProtocolServer(t, {
    agents: { helper: agentSettings(), hidden: agentSettings({ visibility: 'private' }), inner: agentSettings({ visibility: 'internal' }) },
  });
  const bodies = [];
  for (const agent of ['nobody', 'hidden', 'constructor', '__proto__']) {
    const { status, body } = await server.call('GetTask', { id: 'a' }, { agent });
    t.equal(status, 404, agent);
    bodies.push(JSON.stringify(body).replace(agent, 'X'));
  }
  t.equal(new Set(bodies).size, 1, 'they cannot be told apart');
  t.same(JSON.parse(bodies[0] as string), {
    jsonrpc: '2.0',
    id: 1,
    error: {
      code: -32602,
      message: "Agent 'X' not found",
      data: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'AGENT_NOT_FOUND', domain: 'hector' }],
    },
  });
  t.equal((await server.call('GetTask', { id: 'a' }, { agent: 'inner' })).body.error.code, -32001, 'an internal agent is there');
  const nobody = await server.call('GetTask', { id: 'a' }, { agent: 'inner', principal: { subject: '', authenticated: false } });
  t.match(nobody, { status: 401, body: { id: 1, error: { code: -32600, data: [{ reason: 'UNAUTHENTICATED' }] } } }, 'API-71');
});

t.test('bodies of another media type are refused with 415 (J1)', async (t) => {
  const server = startProtocolServer(t);
  for (const contentType of ['text/plain', 'application/x-www-form-urlencoded'])
    t.equal((await server.call('GetTask', { id: 'a' }, { headers: { 'content-type': contentType } })).status, 415);
  for (const contentType of ['application/json; charset=utf-8', 'application/a2a+json', undefined])
    t.equal((await server.call('GetTask', { id: 'a' }, { headers: { 'content-type': contentType } })).status, 200);
});

t.test('the version comes by header or query, without it 0.3 is meant and refused (V1, V2, V3, V4)', async (t) => {
  const server = startProtocolServer(t);
  const code = async (version: string | undefined, query = '') =>
    (await server.call('GetTask', { id: 'a' }, { headers: { 'a2a-version': version }, query })).body.error.code;
  t.equal(await code('1.0'), -32001);
  t.equal(await code('1.0.1'), -32001);
  t.equal(await code('1.0, 1.0'), -32001, 'told twice, as by a proxy');
  t.equal(await code('1.0, 0.3'), -32009);
  t.equal(await code(undefined, 'A2A-Version=1.0'), -32001);
  t.equal(await code(undefined, 'a2a-version=1.0'), -32001);
  for (const version of [undefined, '', '0.3', '1.1', '2.0', '1', 'x', '1.0.x']) t.equal(await code(version), -32009, `${version}`);
  t.equal(await code('0.3', 'A2A-Version=1.0'), -32009, 'the header counts first');
});

t.test('the setting for callers without a version takes them as 1.0 (V3)', async (t) => {
  const server = startProtocolServer(t, { server: { a2a: { assumeVersion: '1.0', closeOnInputRequired: true } } });
  t.equal((await server.call('GetTask', { id: 'a' }, { headers: { 'a2a-version': undefined } })).body.error.code, -32001);
  t.equal((await server.call('GetTask', { id: 'a' }, { headers: { 'a2a-version': '0.3' } })).body.error.code, -32009);
});

t.test('extensions are negotiated by header: the known are told back, others ignored (H1, H2, H4)', async (t) => {
  const server = startProtocolServer(t);
  const uri = 'urn:hector:extension:reliable-stream:v1';
  const ask = async (value: string | undefined) =>
    (await server.call('GetTask', { id: 'a' }, { headers: { 'A2A-Extensions': value } })).headers['a2a-extensions'];
  t.equal(await ask(undefined), undefined);
  t.equal(await ask('urn:other:v1'), undefined);
  t.equal(await ask(`urn:other:v1 , ${uri},urn:third`), uri);
});
