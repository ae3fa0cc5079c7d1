import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type AppError, toAppError } from '../../../src/base/errors.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { printSettings } from '../../../src/config/print-settings.js';
import { signingKey } from '../../support/signing-key.js';

const KEY = signingKey('k', 'ES256').settings.privateKey;
const SIGNED = (keys: string, more = '') => `{server: {public_url: "https://a.example", card_signing: {keys: [${keys}]}}${more}}`;

function load(t: Test, text: string, environment: Record<string, string> = {}) {
  const folder = t.testdir({ 'hector.yaml': text, home: {} });
  return loadSettings({ file: 'hector.yaml', workingDirectory: folder, environment: { HOME: join(folder, 'home'), ...environment } });
}

function problemsOf(t: Test, text: string, environment: Record<string, string> = {}): AppError['problems'] {
  try {
    load(t, text, environment);
  } catch (error) {
    t.equal(toAppError(error).code, 'CONFIG_INVALID');
    return toAppError(error).problems;
  }
  return [];
}

t.test('everything that cards tell is read from the file (API-20, CFG-30)', async (t) => {
  const settings = load(
    t,
    `
agents:
  helper:
    card:
      version: 3
      documentation_url: https://a.example/docs
      icon_url: https://a.example/icon.png
      provider: {organization: Acme, url: "https://a.example"}
    skills: [{id: s, name: S, input_modes: image/png, output_modes: [text/html]}]
    extended_card:
      description: More
      subjects: [alice]
      skills: [{id: t, name: T, subjects: []}]
    extensions: [{uri: "urn:x:v1", required: true, params: {camelCase: {snake_case: [1, null]}}}]
server:
  trust_proxy: true
  public_url: https://a.example/hector/
  card: {provider: {organization: All, url: "https://all.example"}}
`,
  );
  const none = { version: undefined, documentationUrl: undefined, iconUrl: undefined, provider: undefined };
  t.match(settings.server, { trustProxy: true, publicUrl: 'https://a.example/hector' });
  t.same(settings.server.card, { ...none, provider: { organization: 'All', url: 'https://all.example' } });
  const { card, skills, extendedCard, extensions } = settings.agents.helper ?? {};
  t.same(card, {
    version: '3',
    documentationUrl: 'https://a.example/docs',
    iconUrl: 'https://a.example/icon.png',
    provider: { organization: 'Acme', url: 'https://a.example' },
  });
  const skill = { description: '', tags: [], examples: [] };
  t.same(skills, [{ id: 's', name: 'S', ...skill, inputModes: ['image/png'], outputModes: ['text/html'] }]);
  t.same(extendedCard, {
    ...{ description: 'More', version: undefined, documentationUrl: undefined, subjects: ['alice'] },
    skills: [{ id: 't', name: 'T', ...skill, inputModes: [], outputModes: [], subjects: [] }],
  });
  t.same(extensions, [{ uri: 'urn:x:v1', description: '', required: true, params: { camelCase: { snake_case: [1, null] } } }]);
});

t.test('addresses on cards are addresses, without credentials; names come once (AC7, AC11)', async (t) => {
  const problems = problemsOf(
    t,
    `
agents:
  helper:
    card: {documentation_url: docs, icon_url: "https://hidden@a.example/i", provider: {organization: Acme}}
    skills: [{id: s, name: S}, {id: s, name: T}]
    extensions: [{uri: "no uri"}, {uri: "urn:x,y"}, {uri: "urn:x"}, {uri: "urn:x"}]
server: {public_url: "https://a.example/?q"}
`,
  );
  t.same(
    problems.map(({ field }) => field),
    [
      ...['documentation_url', 'icon_url', 'provider.url'].map((key) => `agents.helper.card.${key}`),
      ...['agents.helper.skills[1].id', 'agents.helper.extensions[0].uri', 'agents.helper.extensions[1].uri'],
      ...['agents.helper.extensions[3].uri', 'server.public_url'],
    ],
  );
  t.notMatch(JSON.stringify(problems), /hidden/);
});

t.test('keys are read from variables, and no text shows them (G5, AC7)', async (t) => {
  const text = SIGNED('{kid: k, private_key: "${SIGNING}"}, {kid: l, alg: EdDSA, private_key: "${OTHER}", jku: "https://a.example/jwks"}');
  const environment = { SIGNING: KEY, OTHER: JSON.stringify(signingKey('l', 'EdDSA').privateKey.export({ format: 'jwk' })) };
  const settings = load(t, text, environment);
  t.match(settings.server.cardSigning.keys, [
    { kid: 'k', alg: 'ES256', privateKey: KEY, jku: undefined },
    { kid: 'l', alg: 'EdDSA', jku: 'https://a.example/jwks' },
  ]);
  const printed = printSettings(settings, environment);
  t.match(printed, /private_key: "\*{8}"/);
  t.notMatch(printed, /BEGIN|"d"/);
  t.notMatch(settings.source, /BEGIN/);
});

t.test('a key that does not fit is a problem at its place, and the problem does not tell the key (G5)', async (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const locked = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pass' },
  }) as string;
  const publicPem = signingKey('k', 'ES256').publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const publicJwk = JSON.stringify(signingKey('k', 'ES256').publicKey.export({ format: 'jwk' }));
  const unreadable =
    /^the key \(not shown\) cannot be read; wanted an EC key on the curve P-256, private and without a passphrase, as PEM or JWK$/;
  const cases: [string, string, RegExp][] = [
    ['ES256', 'MIIsecretsecretsecret', unreadable],
    ['ES256', '{"kty":"EC","d":"secretsecret"', unreadable],
    ['ES256', KEY.replace(/[A-Za-z0-9]{20}/, 'A'.repeat(20)), unreadable],
    ['ES256', locked, unreadable],
    ['ES256', publicPem, unreadable],
    ['ES256', publicJwk, unreadable],
    ['ES256', p384, /^the key \(not shown\) is of the kind ec \(secp384r1\); ES256 wants an EC key on the curve P-256$/],
    ['EdDSA', KEY, /is of the kind ec \(prime256v1\); EdDSA wants an Ed25519 key$/],
    ['RS256', rsa, /is of the kind rsa \(1024 bits\); RS256 wants an RSA key of at least 2048 bits$/],
  ];
  for (const [alg, key, description] of cases) {
    const problems = problemsOf(t, SIGNED(`{kid: good, private_key: "\${GOOD}"}, {kid: k, alg: ${alg}, private_key: "\${SIGNING}"}`), {
      GOOD: KEY,
      SIGNING: key,
    });
    t.match(problems, [{ field: 'server.card_signing.keys[1].private_key', description }]);
    t.equal(problems.length, 1);
    t.notOk(key.split('\n').some((line) => line.length > 8 && JSON.stringify(problems).includes(line)));
  }
});

t.test('key ids are there once, and signed cards need the address that they vouch for (G5, G7)', async (t) => {
  const keys = '{kid: k, private_key: "${SIGNING}"}, {kid: k, private_key: "${SIGNING}"}';
  t.same(
    problemsOf(t, `{server: {card_signing: {keys: [${keys}]}}}`, { SIGNING: KEY })
      .map(({ field }) => field)
      .sort(),
    ['server.card_signing.keys[1].kid', 'server.public_url'],
  );
});

t.test('a card that would be signed holds nothing empty: the problem says what (G4)', async (t) => {
  const agents = (params: string) => `, agents: {helper: {extensions: [{uri: "urn:x", params: ${params}}]}}`;
  const key = '{kid: k, private_key: "${SIGNING}"}';
  const places: [string, string][] = [
    ['{a: ""}', '.a'],
    ['{a: [1, {b: []}]}', '.a[1].b'],
    ['{a: null}', '.a'],
    ['{}', ''],
  ];
  for (const [params, place] of places) {
    const problems = problemsOf(t, SIGNED(key, agents(params)), { SIGNING: KEY });
    t.match(problems, [{ field: `agents.helper.extensions[0].params${place}`, description: /^empty, and clients disagree/ }]);
    t.same(problemsOf(t, SIGNED('', agents(params))), [], 'unsigned it may be');
  }
});

t.test('the default agent is the first public one of the file, or the one that the file names (API-25)', async (t) => {
  const agents = 'zeta: {visibility: private}, yankee: {visibility: "${V:-internal}"}, mike: {}, alpha: {}';
  t.equal(load(t, `{agents: {${agents}}}`).defaults.agent, 'mike', 'not the first by name');
  t.equal(load(t, `{agents: {${agents}}, defaults: {agent: alpha}}`).defaults.agent, 'alpha');
  t.equal(load(t, '{}').defaults.agent, 'assistant');
  t.equal(load(t, '{agents: {a: {visibility: internal}}}').defaults.agent, undefined);
  for (const agent of ['zeta', 'yankee', 'nobody'])
    t.match(problemsOf(t, `{agents: {${agents}}, defaults: {agent: ${agent}}}`), [{ field: 'defaults.agent' }]);
});
