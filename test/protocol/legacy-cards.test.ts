/** Cards for clients of 1.0, of 0.3, of before, and for those who do not say (V5). */
import t, { type Test } from 'tap';
import type { ExtendedCardSettings } from '../../src/config/settings.js';
import { type AskOptions, startRestServer } from '../support/rest-rig.js';
import { signingKey } from '../support/signing-key.js';
import { agentSettings } from '../support/test-settings.js';

function start(t: Test, options: Partial<Parameters<typeof startRestServer>[1]> = {}) {
  const { server, ...others } = options;
  return startRestServer(t, { http: 'node', server: { ...server, a2a: { legacy: true } }, ...others });
}

function extendedCard(change: Partial<ExtendedCardSettings> = {}): ExtendedCardSettings {
  return { description: undefined, version: undefined, documentationUrl: undefined, subjects: undefined, skills: [], ...change };
}

const CARD = '/.well-known/agent-card.json';

t.test('the card of 1.0 names every interface, those of 0.3 last (V5, AC9, AC10, V4)', async (t) => {
  const server = await start(t);
  const url = `${server.url}/agents/helper`;
  for (const version of ['1.0', '1.0.7']) {
    const { headers, body } = await server.ask('GET', CARD, { headers: { 'a2a-version': version } });
    t.equal(headers.vary, 'A2A-Version');
    t.same(body.supportedInterfaces, [
      { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      { url, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
      { url, protocolBinding: 'HTTP+JSON', protocolVersion: '0.3' },
    ]);
    for (const name of ['url', 'preferredTransport', 'protocolVersion', 'additionalInterfaces', 'security']) t.notOk(name in body, name);
  }
});

t.test('the card of 0.3, by its header and where older clients look (V5)', async (t) => {
  const skill = { id: 's', name: 'S', description: 'Does s', tags: ['x'], examples: ['do'], inputModes: [], outputModes: [] };
  const server = await start(t, { agents: { helper: agentSettings({ skills: [skill], extendedCard: extendedCard() }) } });
  const url = `${server.url}/agents/helper`;
  const expected = {
    protocolVersion: '0.3.0',
    name: 'Helper',
    description: 'Answers questions',
    url,
    preferredTransport: 'JSONRPC',
    additionalInterfaces: [
      { url, transport: 'JSONRPC' },
      { url, transport: 'HTTP+JSON' },
    ],
    provider: { organization: 'Hector', url: server.url },
    version: '9.9.9',
    capabilities: {
      streaming: true,
      pushNotifications: false,
      extensions: [{ uri: 'urn:hector:extension:reliable-stream:v1', description: /cursor/ }],
    },
    supportsAuthenticatedExtendedCard: true,
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [{ id: 's', name: 'S', description: 'Does s', tags: ['x'], examples: ['do'] }],
  };
  const cards: readonly (readonly [string, AskOptions])[] = [
    [CARD, { headers: { 'a2a-version': '0.3' } }],
    [`${CARD}?A2A-Version=0.3`, { headers: { 'a2a-version': undefined } }],
    ['/.well-known/agent.json', { headers: { 'a2a-version': undefined } }],
  ];
  for (const [path, options] of cards) {
    const { body } = await server.ask('GET', path, options);
    t.match(body, expected, path);
    t.same(Object.keys(body).sort(), Object.keys(expected).sort(), path);
    t.notOk('extendedAgentCard' in body.capabilities);
  }
  const older = await fetch(`${server.url}/.well-known/agent.json`);
  t.match(await older.json(), expected, 'of the default agent');
  t.equal((await fetch(`${server.url}/agents/none/.well-known/agent.json`)).status, 404);
});

t.test('who does not say gets a card that either version can read (V5)', async (t) => {
  const server = await start(t);
  const strict = (await server.ask('GET', CARD)).body;
  const legacy = (await server.ask('GET', CARD, { headers: { 'a2a-version': '0.3' } })).body;
  for (const path of [`${server.url}/agents/helper${CARD}`, `${server.url}/agents/helper`, `${server.url}${CARD}`]) {
    const response = await fetch(path);
    t.equal(response.headers.get('vary'), 'A2A-Version');
    const body = (await response.json()) as object;
    t.match(body, strict, 'everything that 1.0 knows');
    t.match(body, legacy, 'everything that 0.3 knows');
  }
});

t.test('each shape is a representation of its own: other tags, and 304 for its own alone (V5, AC4, AC6)', async (t) => {
  const server = await start(t);
  const tags = new Set<string>();
  for (const version of ['1.0', '0.3', undefined]) {
    const { headers } = await server.ask('GET', CARD, { headers: { 'a2a-version': version } });
    const etag = headers.etag as string;
    tags.add(etag);
    const known = await server.ask('GET', CARD, { headers: { 'a2a-version': version, 'if-none-match': etag } });
    t.match(known, { status: 304, headers: { vary: 'A2A-Version' } });
  }
  t.equal(tags.size, 3);
});

t.test('signatures are for the card of 1.0, whose bytes they sign (V5, G1)', async (t) => {
  const key = signingKey('k', 'EdDSA');
  const server = await start(t, { server: { cardSigning: { keys: [key.settings] } } });
  t.equal((await server.ask('GET', CARD)).body.signatures.length, 1);
  for (const version of ['0.3', undefined])
    t.notOk('signatures' in (await server.ask('GET', CARD, { headers: { 'a2a-version': version } })).body);
});

t.test('the extended card has the shape of 0.3 over both of its bindings (V5, X1, X3, X4)', async (t) => {
  const server = await start(t, { agents: { helper: agentSettings({ extendedCard: extendedCard({ description: 'Told to you' }) }) } });
  const legacy = { 'a2a-version': undefined };
  const rpc = (headers: Record<string, string | undefined>) =>
    server.ask('POST', '', {
      headers: { ...legacy, ...headers },
      body: { jsonrpc: '2.0', id: 1, method: 'agent/getAuthenticatedExtendedCard' },
    });
  const expected = {
    protocolVersion: '0.3.0',
    description: 'Told to you',
    preferredTransport: 'JSONRPC',
    supportsAuthenticatedExtendedCard: true,
  };
  t.match((await rpc({})).body.result, expected);
  const card = await server.ask('GET', '/v1/card', { headers: legacy });
  t.match(card, { status: 200, headers: { 'cache-control': 'private, max-age=60' }, body: expected });
  t.match(await server.ask('GET', '/v1/card', { headers: { ...legacy, 'x-subject': '' } }), { status: 401 });
  t.match((await rpc({ 'x-subject': '' })).body.error, { data: { reason: 'UNAUTHENTICATED' } });
});
