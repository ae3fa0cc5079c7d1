import { AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk';
import t from 'tap';
import type { ServedCard } from '../../src/a2a/binding.js';
import type { ExtendedCardSettings } from '../../src/config/settings.js';
import { startProtocolServer } from '../support/protocol-server.js';
import { signingKey } from '../support/signing-key.js';
import { agentSettings } from '../support/test-settings.js';

const METHOD = 'GetExtendedAgentCard';
const skill = (id: string, subjects?: readonly string[]) => ({
  ...{ id, name: id, description: `Does ${id}`, tags: [id], examples: [], inputModes: [], outputModes: [] },
  subjects,
});

function extended(change: Partial<ExtendedCardSettings> = {}): ExtendedCardSettings {
  return { description: undefined, version: undefined, documentationUrl: undefined, subjects: undefined, skills: [], ...change };
}

const known = (subject: string) => ({ subject, authenticated: true });

t.test('an extended card that the card does not declare is an unsupported operation (X1)', async (t) => {
  const server = startProtocolServer(t);
  const { json } = (await server.binding.defaultCard(server.baseUrl)) as ServedCard;
  t.notOk('extendedAgentCard' in JSON.parse(json).capabilities);
  const { body, status } = await server.post(`{"jsonrpc":"2.0","id":1,"method":"${METHOD}"}`);
  t.equal(status, 200);
  t.match(body.error, { code: -32004, message: /'helper' has no extended card/, data: [{ reason: 'UNSUPPORTED_OPERATION' }] });
});

t.test('it tells callers more than the card does: skills, a description, a version of its own (X4)', async (t) => {
  const settings = extended({
    description: 'Answers and refunds',
    version: '1.1.0',
    documentationUrl: 'https://example.com/inner',
    skills: [skill('refund'), { ...skill('helper'), description: 'Answers more' }],
  });
  const server = startProtocolServer(t, { agents: { helper: agentSettings({ extendedCard: settings }) } });
  const card = JSON.parse(((await server.binding.defaultCard(server.baseUrl)) as ServedCard).json);
  t.equal(card.capabilities.extendedAgentCard, true);
  t.notMatch(JSON.stringify(card), /refund/, 'the card itself tells nothing of it');
  // Params may be missing; a tenant may be named.
  for (const sent of [undefined, {}, { tenant: 'a' }]) {
    const { result } = (await server.call(METHOD, sent)).body;
    t.same(result, {
      ...card,
      description: 'Answers and refunds',
      version: '1.1.0',
      documentationUrl: 'https://example.com/inner',
      skills: [
        { id: 'refund', name: 'refund', description: 'Does refund', tags: ['refund'] },
        { id: 'helper', name: 'helper', description: 'Answers more', tags: ['helper'] },
      ],
    });
  }
  t.equal((await server.call(METHOD, [])).body.error.code, -32602);
  t.equal((await server.call(METHOD, { tenant: 5 })).body.error.code, -32602);
});

t.test('skills for some subjects are shown to those alone (X4)', async (t) => {
  const settings = extended({ skills: [skill('all'), skill('alice', ['alice']), skill('nobody', [])] });
  const server = startProtocolServer(t, { agents: { helper: agentSettings({ extendedCard: settings }) } });
  const ids = async (subject: string) =>
    (await server.call(METHOD, {}, { principal: known(subject) })).body.result.skills.map(({ id }: { id: string }) => id);
  t.same(await ids('alice'), ['helper', 'all', 'alice']);
  t.same(await ids('local'), ['helper', 'all']);
});

t.test('a caller for whom none is configured gets the error for that (X2)', async (t) => {
  const server = startProtocolServer(t, { agents: { helper: agentSettings({ extendedCard: extended({ subjects: ['alice'] }) }) } });
  t.match((await server.call(METHOD, {}, { principal: known('bob') })).body.error, {
    code: -32007,
    message: 'No extended agent card is configured for this caller',
    data: [{ reason: 'EXTENDED_AGENT_CARD_NOT_CONFIGURED' }],
  });
  t.ok((await server.call(METHOD, {}, { principal: known('alice') })).body.result.name);
});

t.test('who is not authenticated gets none, whatever is configured (X3)', async (t) => {
  for (const subjects of [undefined, ['']]) {
    const server = startProtocolServer(t, { agents: { helper: agentSettings({ extendedCard: extended({ subjects }) }) } });
    const { body } = await server.call(METHOD, {}, { principal: { subject: '', authenticated: false } });
    t.match(body.error, { message: 'The extended card needs authentication', data: [{ reason: 'UNAUTHENTICATED' }] });
    t.notOk(body.result);
  }
});

t.test('each extended card is signed for itself (X4, G1)', async (t) => {
  const key = signingKey('k', 'ES256');
  const server = startProtocolServer(t, {
    agents: { helper: agentSettings({ extendedCard: extended({ skills: [skill('alice', ['alice'])] }) }) },
    server: { publicUrl: 'http://127.0.0.1:9', cardSigning: { keys: [key.settings] } },
  });
  const verify = verifyAgentCardSignature(async () => key.publicKey);
  const signatures = new Set<string>();
  for (const subject of ['alice', 'bob']) {
    const { result } = (await server.call(METHOD, {}, { principal: known(subject) })).body;
    await t.resolves(verify(AgentCard.fromJSON(result)));
    signatures.add(result.signatures[0].signature);
  }
  t.equal(signatures.size, 2);
});
