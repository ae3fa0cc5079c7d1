import t from 'tap';
import { startProtocolServer } from '../support/protocol-server.js';
import { agentSettings } from '../support/test-settings.js';

const somebody = { subject: 'a', authenticated: true };
const nobody = { subject: '', authenticated: false };
const base = 'https://example.com/hector';

t.test(
  'a card has every required field, camelCase, with the address that clients reach (AC1, AC9, AC10, AC11, AC12, D4, API-20, API-21, API-22, API-26)',
  async (t) => {
    const server = startProtocolServer(t);
    t.same(JSON.parse(server.binding.card('helper', base, somebody) as string), {
      name: 'Helper',
      description: 'Answers questions',
      supportedInterfaces: [
        { url: 'https://example.com/hector/agents/helper', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
        { url: 'https://example.com/hector/agents/helper', protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      ],
      provider: { organization: 'Hector', url: 'https://example.com/hector' },
      version: '9.9.9',
      capabilities: {
        streaming: true,
        pushNotifications: false,
        extensions: [
          {
            uri: 'urn:hector:extension:reliable-stream:v1',
            description:
              'Streams carry a cursor per event (SSE id) and resume exactly there with Last-Event-ID; event metadata tells seq, epoch and cursor.',
          },
        ],
      },
      defaultInputModes: ['text/plain'],
      defaultOutputModes: ['text/plain'],
      skills: [{ id: 'helper', name: 'Helper', description: 'Answers questions', tags: ['general', 'assistant'] }],
    });
  },
);

t.test('an agent that does not stream says so and declares no stream extension (T1)', async (t) => {
  const server = startProtocolServer(t, { agents: { helper: agentSettings({ streaming: false, description: '' }) } });
  const card = JSON.parse(server.binding.card('helper', base, somebody) as string);
  t.same(card.capabilities, { streaming: false, pushNotifications: false });
  t.equal(card.description, 'The agent Helper', 'the protocol requires a description');
});

t.test('configured skills are shown as they are (API-24)', async (t) => {
  const skill = { id: 's', name: 'S', description: 'Does s', tags: ['x'], examples: [] };
  const server = startProtocolServer(t, {
    agents: { helper: agentSettings({ skills: [skill, { ...skill, id: 't', examples: ['do s'] }] }) },
  });
  t.same(JSON.parse(server.binding.card('helper', base, somebody) as string).skills, [
    { id: 's', name: 'S', description: 'Does s', tags: ['x'] },
    { id: 't', name: 'S', description: 'Does s', tags: ['x'], examples: ['do s'] },
  ]);
});

t.test(
  'each agent has its own card; private ones exist for nobody, internal ones for those who are known (AC8, API-70, API-71, API-72, API-73)',
  async (t) => {
    const server = startProtocolServer(t, {
      agents: {
        hidden: agentSettings({ visibility: 'private' }),
        inner: agentSettings({ visibility: 'internal', name: 'Inner' }),
        second: agentSettings({ name: 'Second' }),
        third: agentSettings(),
      },
    });
    const { binding } = server;
    t.equal(binding.card('hidden', base, somebody), undefined);
    t.equal(binding.card('inner', base, nobody), undefined);
    t.equal(JSON.parse(binding.card('inner', base, somebody) as string).name, 'Inner');
    for (const name of ['nobody', 'constructor', '__proto__', '']) t.equal(binding.card(name, base, somebody), undefined);
    const names = (principal: typeof somebody) => {
      const { agents, total } = JSON.parse(binding.listCards(base, principal));
      t.equal(total, agents.length);
      return agents.map(({ name }: { name: string }) => name);
    };
    t.same(names(somebody), ['Inner', 'Second', 'Helper']);
    t.same(names(nobody), ['Second', 'Helper']);
    t.equal(JSON.parse(binding.defaultCard(base) as string).name, 'Second', 'the first public one in the order of the file (API-25)');
  },
);

t.test('without a public agent there is no default card (API-25)', async (t) => {
  const server = startProtocolServer(t, { agents: { inner: agentSettings({ visibility: 'internal' }) } });
  t.equal(server.binding.defaultCard(base), undefined);
});
