import t from 'tap';
import { createAgentCards } from '../../src/a2a/agent-cards.js';
import type { A2aBinding, ServedCard } from '../../src/a2a/binding.js';
import { startProtocolServer, userMessage } from '../support/protocol-server.js';
import { signingKey } from '../support/signing-key.js';
import { createSteeredClock } from '../support/steered-clock.js';
import { agentSettings, cardSettings, testSettings } from '../support/test-settings.js';

const somebody = { subject: 'a', authenticated: true };
const nobody = { subject: '', authenticated: false };
const base = 'https://example.com/hector';

t.test(
  'a card has every required field, camelCase, with the address that clients reach (AC1, AC9, AC10, AC11, AC12, D4, API-20, API-21, API-22, API-26)',
  async (t) => {
    const server = startProtocolServer(t);
    t.same(await cardOf(server.binding, 'helper'), {
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

t.test('an agent that does not stream says so and declares no stream extension (T1, W-57)', async (t) => {
  const server = startProtocolServer(t, { agents: { helper: agentSettings({ streaming: false, description: '' }) } });
  const card = await cardOf(server.binding, 'helper');
  t.same(card.capabilities, { streaming: false, pushNotifications: false });
  t.equal(card.description, 'The agent Helper', 'the protocol requires a description');
});

t.test('configured skills are shown as they are (API-24)', async (t) => {
  const skill = { id: 's', name: 'S', description: 'Does s', tags: ['x'], examples: [], inputModes: [], outputModes: [] };
  const server = startProtocolServer(t, {
    agents: {
      helper: agentSettings({
        skills: [skill, { ...skill, id: 't', examples: ['do s'], inputModes: ['image/png'], outputModes: ['text/html'] }],
      }),
    },
  });
  t.same((await cardOf(server.binding, 'helper')).skills, [
    { id: 's', name: 'S', description: 'Does s', tags: ['x'] },
    { id: 't', name: 'S', description: 'Does s', tags: ['x'], examples: ['do s'], inputModes: ['image/png'], outputModes: ['text/html'] },
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
    t.equal(await binding.card('hidden', base, somebody), undefined);
    t.throws(() => binding.card('inner', base, nobody), { code: 'ACCESS_UNAUTHENTICATED' });
    t.match(await binding.card('inner', base, somebody), { json: /"Inner"/, isPrivate: true });
    t.match(await binding.card('second', base, somebody), { isPrivate: false });
    for (const name of ['nobody', 'constructor', '__proto__', '']) t.equal(await binding.card(name, base, somebody), undefined);
    const names = async (principal: typeof somebody) => {
      const { agents, total } = JSON.parse(await binding.listCards(base, principal));
      t.equal(total, agents.length);
      return agents.map(({ name }: { name: string }) => name);
    };
    t.same(await names(somebody), ['Inner', 'Second', 'Helper']);
    t.same(await names(nobody), ['Second', 'Helper']);
    t.match(await binding.defaultCard(base), { json: /"Second"/ }, 'without a name in the settings the first public one by name (API-25)');
  },
);

t.test('without a public agent there is no default card (API-25)', async (t) => {
  const server = startProtocolServer(t, { agents: { inner: agentSettings({ visibility: 'internal' }) } });
  t.equal(await server.binding.defaultCard(base), undefined);
});

t.test(
  'every field of the card comes from the configuration, the agent before the deployment (AC1, A2, API-20, API-22, W-51)',
  async (t) => {
    const provider = { organization: 'Acme', url: 'https://acme.example' };
    const shared = cardSettings({ documentationUrl: 'https://acme.example/docs', iconUrl: 'https://acme.example/icon.png', provider });
    const own = cardSettings({
      version: '3.1.4',
      documentationUrl: 'https://acme.example/other',
      provider: { ...provider, organization: 'Other' },
    });
    const server = startProtocolServer(t, {
      agents: { first: agentSettings({ card: own }), second: agentSettings() },
      server: { card: shared },
    });
    t.match(await cardOf(server.binding, 'first'), {
      version: '3.1.4',
      documentationUrl: 'https://acme.example/other',
      iconUrl: 'https://acme.example/icon.png',
      provider: { organization: 'Other', url: 'https://acme.example' },
    });
    t.match(await cardOf(server.binding, 'second'), { version: '9.9.9', documentationUrl: 'https://acme.example/docs', provider });
  },
);

t.test('a skill without description or tags is told by its name and id: required fields are never empty (D4, G4)', async (t) => {
  const skill = { id: 's', name: 'S', description: '', tags: [], examples: [], inputModes: [], outputModes: [] };
  const server = startProtocolServer(t, { agents: { helper: agentSettings({ skills: [skill] }) } });
  t.same((await cardOf(server.binding, 'helper')).skills, [{ id: 's', name: 'S', description: 'S', tags: ['s'] }]);
});

t.test('what a skill says it reads, the agent takes (S7)', async (t) => {
  const skill = { id: 's', name: 'S', description: 'S', tags: ['s'], examples: [], inputModes: ['image/png'], outputModes: ['text/html'] };
  const server = startProtocolServer(t, { agents: { helper: agentSettings({ skills: [skill] }) } });
  const send = async (part: object, acceptedOutputModes: readonly string[]) =>
    (
      await server.call('SendMessage', {
        message: userMessage('', { parts: [part] }),
        configuration: { returnImmediately: true, acceptedOutputModes },
      })
    ).body.error?.code;
  t.equal(await send({ raw: 'AAAA', mediaType: 'image/png' }, ['text/html']), undefined);
  t.equal(await send({ raw: 'AAAA', mediaType: 'image/gif' }, []), -32005);
  t.equal(await send({ text: 'a' }, ['image/gif']), -32005);
});

t.test('no secret of the configuration gets onto a card (AC7)', async (t) => {
  const server = startProtocolServer(t, {
    agents: {
      helper: agentSettings({
        instruction: 'secret-instruction',
        tools: ['secret-tool'],
        llm: 'secret-llm',
        documentStores: ['secret-store'],
      }),
    },
    server: { cardSigning: { keys: [signingKey('secret-free-id', 'EdDSA').settings] }, publicUrl: base },
  });
  const { json } = (await server.binding.card('helper', base, somebody)) as ServedCard;
  t.notMatch(json, /secret-(instruction|tool|llm|store)|PRIVATE/);
  t.match(json, /"url":"https:/, 'the address is the one of the configuration');
});

t.test('the default card is that of the agent that the settings name (API-25, W-52)', async (t) => {
  const agents = { alpha: agentSettings({ name: 'Alpha' }), beta: agentSettings({ name: 'Beta' }) };
  t.match(await startProtocolServer(t, { agents, defaultAgent: 'beta' }).binding.defaultCard(base), { json: /"Beta"/ });
  const hidden = { ...agents, beta: agentSettings({ visibility: 'private' }) };
  t.match(await startProtocolServer(t, { agents: hidden, defaultAgent: 'beta' }).binding.defaultCard(base), { json: /"Alpha"/ });
});

t.test('Last-Modified moves when the settings change, not with each request (AC5)', async (t) => {
  const clock = createSteeredClock();
  let settings = testSettings();
  const cards = createAgentCards({ settings: () => settings, version: '1', bindings: () => [], clock });
  const atStart = cards.changedAtMs();
  await clock.advance(5000);
  t.equal(cards.changedAtMs(), atStart);
  settings = testSettings();
  t.equal(cards.changedAtMs(), atStart + 5000);
  await clock.advance(5000);
  t.equal(cards.changedAtMs(), atStart + 5000);
});

t.test('an unknown agent and one that is hidden take as long (E7, API-72)', async (t) => {
  const server = startProtocolServer(t, {
    agents: { helper: agentSettings(), hidden: agentSettings({ visibility: 'private' }) },
    server: { cardSigning: { keys: [signingKey('k', 'ES256').settings] }, publicUrl: base },
  });
  const medianNs = async (name: string) => {
    const times: bigint[] = [];
    for (let round = 0; round < 2001; round++) {
      const before = process.hrtime.bigint();
      // An address of its own each time: a card that was made before is not made again.
      await server.binding.card(name, `${base}/${round}`, somebody);
      times.push(process.hrtime.bigint() - before);
    }
    return Number(times.sort((a, b) => Number(a - b))[1000]);
  };
  await medianNs('warm');
  const [unknown, hidden, known] = [await medianNs('nobody'), await medianNs('hidden'), await medianNs('helper')];
  t.ok(hidden < 4 * unknown && unknown < 4 * hidden, `${hidden} ns hidden, ${unknown} ns unknown`);
  t.ok(known > 4 * unknown, `${known} ns for one that is there: making a card would show`);
});

async function cardOf(binding: A2aBinding, agent: string) {
  return JSON.parse(((await binding.card(agent, base, somebody)) as ServedCard).json);
}
