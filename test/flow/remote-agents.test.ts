/** Agents of other servers as agents of this one: the official JS SDK's server behind a Hector, over each binding and version (AGT-40…44). */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { startHector } from '../../src/compose.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Role } from '../../src/runtime/hector.js';
import { rpc, sendText } from '../support/a2a-client.js';
import { type AgentsRigOptions, startAgents, textsOf } from '../support/agents-rig.js';
import { countingTool } from '../support/counting-tool.js';
import { startSdkPeer } from '../support/sdk-peer.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';

const LOCAL = { type: 'remote', allow_private: ['127.0.0.1'] };

function start(t: Test, agents: Readonly<Record<string, JsonObject>>, says: AgentsRigOptions['says'] = {}) {
  return startAgents(t, { agents, says });
}

for (const version of ['1.0', '0.3'] as const)
  for (const binding of ['JSONRPC', 'HTTP+JSON'] as const)
    for (const streaming of [true, false])
      t.test(
        `A2A ${version} over ${binding}, ${streaming ? 'streaming' : 'polled'}: text, data, files, statuses and errors are passed on (AGT-43)`,
        async (t) => {
          const peer = await startSdkPeer(t, { version, binding, streaming });
          const { send } = await start(t, { far: { ...LOCAL, url: peer.url } });
          const all = await send('far', 'all');
          t.equal(all.status.state, 'TASK_STATE_COMPLETED', JSON.stringify(all.status));
          t.same(textsOf(all), [['report', 'one two']]);
          const numbers = all.artifacts?.find(({ artifactId }) => artifactId === 'numbers');
          t.match(numbers?.parts, [{ data: { sum: 3 } }, { raw: 'aGk=', mediaType: 'text/plain' }]);
          // The SDK's HTTP+JSON of 0.3 does not tell names of files.
          if (version === '1.0' || binding === 'JSONRPC') t.match(numbers?.parts[1], { filename: 'hi.txt' });

          const failed = await send('far', 'fail');
          t.equal(failed.status.state, 'TASK_STATE_FAILED');
          t.match(failed.status.message?.parts, [{ text: 'out of ink' }]);
          const rejected = await send('far', 'reject');
          t.equal(rejected.status.state, 'TASK_STATE_REJECTED');
          t.match(rejected.status.message?.parts, [{ text: 'not my trade' }]);

          const canceled = await send('far', 'cancel');
          t.equal(canceled.status.state, 'TASK_STATE_FAILED', 'nobody here canceled it');
          t.match(canceled.status.message?.parts, [{ text: 'called off' }]);
          t.match((canceled as { metadata?: JsonObject }).metadata, { 'hector:remote_state': 'TASK_STATE_CANCELED' });

          const asked = await send('far', 'ask');
          t.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED');
          t.match(asked.status.message?.parts, [{ text: 'Which colour?' }, { data: { choices: ['red', 'blue'] } }]);
          const answered = await send('far', 'blue', { taskId: asked.id });
          t.equal(answered.status.state, 'TASK_STATE_COMPLETED', JSON.stringify(answered.status));
          t.same(textsOf(answered), [['report', 'you said: blue']]);
          const [question, answer] = peer.messages.slice(-2);
          t.equal(answer?.taskId, question?.taskId, 'the answer went to the same remote task');
          t.equal((await send('far', 'auth')).status.state, 'TASK_STATE_AUTH_REQUIRED');
        },
      );

t.test('a remote agent that offers gRPC alone is refused in words (AGT-43, AC10)', async (t) => {
  const directory = await temporaryDirectory(t);
  const offers = [{ url: 'grpc.example.com:443', protocolBinding: 'GRPC', protocolVersion: '1.0' }];
  await writeFile(path.join(directory, 'card.json'), JSON.stringify({ name: 'far', supportedInterfaces: offers, capabilities: {} }));
  const far = { ...LOCAL, agent_card_file: path.join(directory, 'card.json') };
  const hector = await startTestHector(t, { directory, config: { agents: { far } } });
  const task = await sendText(`${hector.url}/agents/far`, 'Hello');
  t.equal(task.status.state, 'TASK_STATE_FAILED');
  t.match(
    task.status.message?.parts[0]?.text,
    /its card offers gRPC alone, .*wanted JSONRPC or HTTP\+JSON of version 1\.0 or 0\.3 beside it/,
  );
});

t.test('a message in place of a task becomes the answer; a conversation keeps its remote context', async (t) => {
  const peer = await startSdkPeer(t);
  const { send } = await start(t, { far: { ...LOCAL, url: peer.url } });
  const first = await send('far', 'message');
  t.equal(first.status.state, 'TASK_STATE_COMPLETED');
  t.same(textsOf(first), [['response', 'just this']]);
  await send('far', 'two', { contextId: first.contextId });
  await send('far', 'other');
  const [a, b, c] = peer.messages;
  t.equal(b?.contextId, a?.contextId);
  t.not(c?.contextId, a?.contextId);
  t.ok(
    peer.messages.every(({ contextId }) => contextId !== first.contextId),
    'our own context stays ours',
  );
  t.ok(
    peer.requests.every(({ body }) => !body.includes(first.id)),
    'and so does our task',
  );
});

t.test('credentials and headers are seen by the peer, at its card and at calls (AGT-41, AGT-44, SEC-14)', async (t) => {
  const peer = await startSdkPeer(t);
  const headers = { 'X-Team': 'ferry' };
  const { send } = await start(t, {
    bearer: { ...LOCAL, url: peer.url, headers, credentials: { type: 'bearer', token: 's3cret' } },
    key: { ...LOCAL, url: peer.url, credentials: { type: 'api_key', api_key: 'k-1' } },
    named: { ...LOCAL, url: peer.url, credentials: { type: 'api_key', api_key: 'k-2', api_key_header: 'X-Own' } },
    basic: { ...LOCAL, url: peer.url, credentials: { type: 'basic', username: 'ada', password: 'pw' } },
  });
  for (const agent of ['bearer', 'key', 'named', 'basic']) await send(agent, 'hi');
  const seen = peer.requests.map(({ method, headers: had }) => [method, had.authorization, had['x-api-key'], had['x-own'], had['x-team']]);
  t.same(seen, [
    ['GET', 'Bearer s3cret', undefined, undefined, 'ferry'],
    ['POST', 'Bearer s3cret', undefined, undefined, 'ferry'],
    ...['GET', 'POST'].map((method) => [method, undefined, 'k-1', undefined, undefined]),
    ...['GET', 'POST'].map((method) => [method, undefined, undefined, 'k-2', undefined]),
    ...['GET', 'POST'].map((method) => [method, 'Basic YWRhOnB3', undefined, undefined, undefined]),
  ]);
});

t.test('as a step of a workflow, a sub-agent and an agent tool (AGT-42)', async (t) => {
  const peer = await startSdkPeer(t);
  const far = { ...LOCAL, url: peer.url };
  const { send, models } = await start(
    t,
    {
      far,
      writer: {},
      flow: { type: 'sequential', sub_agents: ['writer', 'far'] },
      desk: { sub_agents: ['far'] },
      boss: { agent_tools: ['far'] },
    },
    {
      writer: [{ say: ['a draft'] }],
      desk: [{ say: [{ call: { name: 'transfer_to_far', arguments: { request: 'take over' } } }] }],
      boss: [{ say: [{ call: { name: 'far', arguments: { request: 'count' } } }] }, { say: ['done'] }],
    },
  );
  const flow = await send('flow', 'Go');
  t.equal(flow.status.state, 'TASK_STATE_COMPLETED', JSON.stringify(flow.status));
  t.same(textsOf(flow).at(-1), ['flow.far/report', "you said: Go[Message from agent 'writer']: a draft"]);
  const handed = await send('desk', 'Please');
  t.same(textsOf(handed).at(-1), ['desk.far/report', "you said: Please[Message from agent 'desk']: take over"]);
  const later = await send('desk', 'And now?', { contextId: handed.contextId });
  t.same(textsOf(later).at(-1), ['desk.far/report', 'you said: And now?'], 'the conversation stays with it');
  const called = await send('boss', 'Use it');
  t.equal(called.status.state, 'TASK_STATE_COMPLETED', JSON.stringify(called.status));
  t.match(JSON.stringify(models['boss']?.requests.at(-1)), /you said: count/);
});

t.test('remote.yaml: a second Hector as agent, tool and workflow step (AGT-42)', async (t) => {
  const other = await startTestHector(t, { config: { agents: { assistant: {} } } });
  const settings = loadSettings({
    file: 'config/remote.yaml',
    workingDirectory: fileURLToPath(new URL('../../../', import.meta.url)),
    environment: { STATE: await temporaryDirectory(t), PORT: '0', REMOTE_URL: `${other.url}/agents/assistant` },
    overrides: { server: { host: '127.0.0.1', drain_delay_ms: 0 } },
  });
  const hector = await startHector(settings, { roles: new Set<Role>(['front', 'agent', 'keeper']), log: silentLogger });
  t.teardown(() => hector.close());
  for (const [agent, text] of [
    ['clerk', 'hello'],
    ['checked', 'hello'],
    ['editor', 'call clerk {"request": "hello"}'],
  ] as const) {
    const task = await sendText(`${hector.url}/agents/${agent}`, text);
    t.equal(task.status.state, 'TASK_STATE_COMPLETED', JSON.stringify(task.status));
    t.match(JSON.stringify(task.artifacts), agent === 'checked' ? /checked\.clerk\/response/ : /response/);
  }
  t.equal((await rpc(`${other.url}/agents/assistant`, 'ListTasks', {})).body.result?.['totalSize' as never], 3);
});

t.test('a call that waits for approval at a remote Hector is decided here, directly and below an agent tool (AGT-43)', async (t) => {
  const pay = countingTool('pay', 'once', { requiresApproval: true });
  const turns = [0, 1].flatMap((turn) => [{ say: [{ call: { id: `pay-${turn}`, name: 'pay', arguments: {} } }] }, { say: ['paid'] }]);
  const other = await startAgents(t, { agents: { clerk: { tools: ['pay'] } }, says: { clerk: turns }, tools: [pay] });
  const { send } = await start(
    t,
    { far: { ...LOCAL, url: `${other.url}/agents/clerk` }, boss: { agent_tools: ['far'] } },
    { boss: [{ say: [{ call: { name: 'far', arguments: { request: 'Pay' } } }] }, { say: ['It is paid.'] }] },
  );
  for (const [index, agent] of ['far', 'boss'].entries()) {
    const asked = await send(agent, 'Pay');
    t.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED', JSON.stringify(asked.status));
    const request = asked.status.message?.parts.find(({ data }) => data !== undefined)?.data as Record<string, unknown>;
    t.match(request, { type: 'tool_approval_request', tool_name: 'pay', tool_call_id: `pay-${index}` });
    const decision = { type: 'tool_approval', tool_call_id: request['tool_call_id'], decision: 'approve', task_id: asked.id };
    const paid = await send(agent, '', { taskId: asked.id, parts: [{ data: decision }] });
    t.equal(paid.status.state, 'TASK_STATE_COMPLETED', JSON.stringify(paid.status));
  }
});
