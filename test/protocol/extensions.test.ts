import t from 'tap';
import type { ServedCard } from '../../src/a2a/binding.js';
import { startProtocolServer, userMessage } from '../support/protocol-server.js';
import { agentSettings } from '../support/test-settings.js';

const STREAM = 'urn:hector:extension:reliable-stream:v1';
const NEEDED = 'https://example.com/extensions/needed/v1';
const WELCOME = 'urn:example:welcome:v2';

const extension = (uri: string, required = false) => ({ uri, description: '', required, params: undefined });

t.test("extensions of an agent are on its card beside the server's own, defaults left out (AC9, D7)", async (t) => {
  const extensions = [
    { uri: NEEDED, description: 'Signs receipts', required: true, params: { level: 2, camelCase: { any_thing: null } } },
    extension(WELCOME),
    { ...extension(STREAM, true) },
  ];
  const server = startProtocolServer(t, { agents: { helper: agentSettings({ extensions }) } });
  const card = JSON.parse(((await server.binding.defaultCard(server.baseUrl)) as ServedCard).json);
  t.match(card.capabilities.extensions[0], { uri: STREAM, description: /cursor/, required: true });
  t.same(card.capabilities.extensions.slice(1), [
    { uri: NEEDED, description: 'Signs receipts', required: true, params: { level: 2, camelCase: { any_thing: null } } },
    { uri: WELCOME },
  ]);
});

t.test('a call that does not activate a required extension is refused, whatever it calls (H3, AC13)', async (t) => {
  const server = startProtocolServer(t, {
    agents: { helper: agentSettings({ extensions: [extension(NEEDED, true), extension(WELCOME)] }), other: agentSettings() },
  });
  const wrong = [undefined, '', WELCOME, `${NEEDED}.1`, NEEDED.replace('v1', 'v2'), NEEDED.toUpperCase()];
  for (const header of wrong) {
    const { body, status } = await server.call('SendMessage', { message: userMessage('a') }, { headers: { 'A2A-Extensions': header } });
    t.equal(status, 200);
    t.match(body.error, {
      code: -32008,
      message: new RegExp(`send the header A2A-Extensions: ${NEEDED}$`),
      data: [{ reason: 'EXTENSION_SUPPORT_REQUIRED' }],
    });
  }
  for (const method of ['SendStreamingMessage', 'GetTask', 'CancelTask', 'SubscribeToTask', 'GetExtendedAgentCard'])
    t.equal((await server.call(method, { id: 'x' })).body.error.code, -32008, method);
  t.equal((await server.call('GetTask', { id: 'x' }, { agent: 'other' })).body.error.code, -32001, 'each agent has its own');
});

t.test("activated extensions are told back, the agent's as the server's, unknown ones not (H2, H3)", async (t) => {
  const server = startProtocolServer(t, {
    agents: { helper: agentSettings({ extensions: [extension(NEEDED, true), extension(WELCOME)] }) },
  });
  const ask = async (header: string) => server.call('GetTask', { id: 'x' }, { headers: { 'A2A-Extensions': header } });
  const { body, headers } = await ask(`urn:unknown, ${WELCOME},${STREAM} , ${NEEDED}`);
  t.equal(body.error.code, -32001, 'the call went on');
  t.equal(headers['a2a-extensions'], `${STREAM}, ${NEEDED}, ${WELCOME}`);
  t.equal((await ask(NEEDED)).headers['a2a-extensions'], NEEDED);
});

t.test('what an agent does not declare is not activated (H2, T1)', async (t) => {
  const server = startProtocolServer(t, { agents: { helper: agentSettings({ streaming: false }) } });
  const { headers } = await server.call('GetTask', { id: 'x' }, { headers: { 'A2A-Extensions': STREAM } });
  t.equal(headers['a2a-extensions'], undefined);
});
