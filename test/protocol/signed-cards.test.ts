import { createPublicKey } from 'node:crypto';
import { AgentCard, canonicalizeAgentCard, verifyAgentCardSignature } from '@a2a-js/sdk';
import { decodeProtectedHeader, flattenedVerify } from 'jose';
import t, { type Test } from 'tap';
import { createAgentCards } from '../../src/a2a/agent-cards.js';
import type { ServedCard } from '../../src/a2a/binding.js';
import { CardSigner } from '../../src/a2a/card-signer.js';
import { JSON_RPC_BINDING } from '../../src/a2a/supported-interfaces.js';
import { systemClock } from '../../src/base/clock.js';
import type { AgentSettings } from '../../src/config/settings.js';
import type { AgentCard as WireCard } from '../../src/protocol/a2a.js';
import { startProtocolServer } from '../support/protocol-server.js';
import { signingKey, type TestSigningKey } from '../support/signing-key.js';
import { agentSettings, testSettings } from '../support/test-settings.js';

const base = 'https://example.com/hector';
const somebody = { subject: 'a', authenticated: true };

/** The card as it is served with these keys, parsed. */
async function serveSigned(t: Test, keys: readonly TestSigningKey[], agent: Partial<AgentSettings> = {}) {
  const server = startProtocolServer(t, {
    agents: { helper: agentSettings(agent) },
    server: { publicUrl: base, cardSigning: { keys: keys.map(({ settings }) => settings) } },
  });
  const get = async () => ((await server.binding.card('helper', base, somebody)) as ServedCard).json;
  return { card: JSON.parse(await get()), get };
}

function verifierOf(keys: readonly TestSigningKey[]) {
  return verifyAgentCardSignature(async (kid) => {
    const found = keys.find(({ settings }) => settings.kid === kid);
    if (found === undefined) throw new Error(`no key ${kid}`);
    return found.publicKey;
  });
}

for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) {
  t.test(`a card signed with ${alg} verifies with the official SDK, and not after a change (G1, G2, G5)`, async (t) => {
    const key = signingKey('key-1', alg, 'https://example.com/jwks.json');
    const { card } = await serveSigned(t, [key]);
    t.equal(card.signatures.length, 1);
    t.same(Object.keys(card.signatures[0]).sort(), ['protected', 'signature']);
    t.same(decodeProtectedHeader(card.signatures[0]), { alg, kid: 'key-1', typ: 'JOSE', jku: 'https://example.com/jwks.json' });
    const verify = verifierOf([key]);
    await t.resolves(verify(AgentCard.fromJSON(card)), 'as the SDK holds it');
    await t.resolves(verify(card), 'as it came');
    await t.rejects(verify(AgentCard.fromJSON({ ...card, description: 'Evil' })));
    await t.rejects(
      verify(AgentCard.fromJSON({ ...card, supportedInterfaces: [{ ...card.supportedInterfaces[0], url: 'https://evil.example' }] })),
    );
    await t.rejects(verifierOf([{ ...key, publicKey: signingKey('key-1', alg).publicKey }])(AgentCard.fromJSON(card)));
  });
}

t.test('what is signed is the canonical card without its signatures, byte for byte (G2, G3, G4, G6)', async (t) => {
  const key = signingKey('k', 'EdDSA');
  const extensions = [{ uri: 'urn:x:v1', description: '', required: false, params: { 10: 1.5, 9: [true, 0], ä: 'ö\n' } }];
  const { card } = await serveSigned(t, [key], { streaming: false, extensions });
  const canonical =
    '{"capabilities":{"extensions":[{"params":{"10":1.5,"9":[true,0],"ä":"ö\\n"},"uri":"urn:x:v1"}],"pushNotifications":false,"streaming":false},' +
    '"defaultInputModes":["text/plain"],"defaultOutputModes":["text/plain"],"description":"Answers questions","name":"Helper",' +
    '"provider":{"organization":"Hector","url":"https://example.com/hector"},' +
    '"skills":[{"description":"Answers questions","id":"helper","name":"Helper","tags":["general","assistant"]}],' +
    '"supportedInterfaces":[{"protocolBinding":"JSONRPC","protocolVersion":"1.0","url":"https://example.com/hector/agents/helper"},{"protocolBinding":"HTTP+JSON","protocolVersion":"1.0","url":"https://example.com/hector/agents/helper"}],"version":"9.9.9"}';
  const [signature] = card.signatures;
  const { payload } = await flattenedVerify({ ...signature, payload: Buffer.from(canonical, 'utf8').toString('base64url') }, key.publicKey);
  t.equal(Buffer.from(payload).toString('utf8'), canonical);
  t.equal(canonicalizeAgentCard(AgentCard.fromJSON(card)), canonical, 'the SDK makes the same bytes');
});

t.test('signatures that a card has already are neither signed nor kept (G3)', async (t) => {
  const signer = new CardSigner([signingKey('k', 'EdDSA').settings]);
  const { card } = await serveSigned(t, [signingKey('old', 'EdDSA')]);
  const { signatures: _, ...content } = card;
  const again = await signer.sign(card);
  t.same(again, await signer.sign(content));
  t.equal(again.signatures?.length, 1);
});

t.test('to rotate, a card carries a signature of each key, in the order of the configuration (G7)', async (t) => {
  const [old, next] = [signingKey('old', 'RS256'), signingKey('next', 'ES256')];
  const { card } = await serveSigned(t, [old, next]);
  t.same(
    card.signatures.map((signature: { protected: string; signature: string }) => decodeProtectedHeader(signature).kid),
    ['old', 'next'],
  );
  await verifierOf([old])(AgentCard.fromJSON(card));
  await verifierOf([next])(AgentCard.fromJSON(card));
  await t.rejects(verifierOf([signingKey('third', 'ES256')])(AgentCard.fromJSON(card)));
});

t.test('a JWK signs as a PEM does, also a PEM in one line (G1)', async (t) => {
  const key = signingKey('k', 'ES256');
  const jwk = JSON.stringify(key.privateKey.export({ format: 'jwk' }));
  const oneLine = key.settings.privateKey.replaceAll('\n', '\\n');
  for (const privateKey of [jwk, oneLine]) {
    const { card } = await serveSigned(t, [{ ...key, settings: { ...key.settings, privateKey } }]);
    await t.resolves(verifierOf([{ ...key, publicKey: createPublicKey(key.privateKey) }])(AgentCard.fromJSON(card)));
  }
});

t.test('a card is signed once, not per request; again when what it tells or the keys change (G1)', async (t) => {
  // ECDSA signs with a random number: equal bytes mean the same signature.
  const key = signingKey('k', 'ES256');
  const { get } = await serveSigned(t, [key]);
  t.equal(new Set(await Promise.all([get(), get(), get()])).size, 1);
  t.equal(await get(), await get());

  const server = { publicUrl: base, cardSigning: { keys: [key.settings] } };
  let settings = testSettings({ server });
  const cards = createAgentCards({ settings: () => settings, version: '1', bindings: () => [JSON_RPC_BINDING], clock: systemClock });
  const sign = async (agent = agentSettings()) => ((await cards.getCard('helper', agent, base)) as WireCard).signatures?.[0];
  const first = await sign();
  settings = testSettings({ server: { publicUrl: base, cardSigning: { keys: [{ ...key.settings }] } } });
  t.same(await sign(), first, 'a reload that changes nothing here');
  t.not((await sign(agentSettings({ description: 'Other' })))?.signature, first?.signature);
  settings = testSettings({ server: { ...server, cardSigning: { keys: [signingKey('k2', 'ES256').settings] } } });
  t.equal(decodeProtectedHeader((await sign()) as { protected: string; signature: string }).kid, 'k2');
});

t.test('a card that holds something empty is not signed, and it is said what (G4)', async (t) => {
  const signer = new CardSigner([signingKey('k', 'EdDSA').settings]);
  const { card } = await serveSigned(t, []);
  t.notOk('signatures' in card, 'without keys a card is not signed');
  const cases: [object, string][] = [
    [{ description: '' }, 'description'],
    [{ skills: [] }, 'skills'],
    [{ skills: [{ ...card.skills[0], tags: ['a', ''] }] }, 'skills[0].tags[1]'],
    [{ capabilities: { extensions: [{ uri: 'urn:x', params: { a: { b: null } } }] } }, 'capabilities.extensions[0].params.a.b'],
    [{ capabilities: {} }, 'capabilities'],
  ];
  for (const [change, path] of cases) {
    await t.rejects(signer.sign({ ...card, ...change }), {
      code: 'CARD_NOT_SIGNABLE',
      message: `The card of 'Helper' cannot be signed: ${path} is empty`,
    });
  }
  await t.resolves(signer.sign(card));
});

t.test('agents of the list carry the same signatures as their cards (G1)', async (t) => {
  const key = signingKey('k', 'EdDSA');
  const server = startProtocolServer(t, { server: { publicUrl: base, cardSigning: { keys: [key.settings] } } });
  const [card] = JSON.parse(await server.binding.listCards(base, somebody)).agents;
  t.same(card, JSON.parse(((await server.binding.defaultCard(base)) as ServedCard).json));
  await t.resolves(verifierOf([key])(AgentCard.fromJSON(card)));
});
