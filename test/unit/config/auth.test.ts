import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import { sha256Hex } from '../../../src/base/json.js';
import { describeLiteralSecret, findLiteralSecrets } from '../../../src/config/find-literal-secrets.js';
import { loadSettings } from '../../../src/config/load-settings.js';

const TOKENS = { jwks_url: 'https://id.example.com/keys', issuer: 'i', audience: 'a' };
const HASH = `sha256:${'0'.repeat(64)}`;

function load(auth: object, more: object = {}) {
  return loadSettings({
    environment: { HOME: '/nowhere', KEY: 'a-key-from-a-variable' },
    overrides: { server: { auth }, ...more } as never,
  });
}

function problemsOf(auth: object, more: object = {}): readonly string[] {
  try {
    load(auth, more);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.problems.map(({ field }) => field);
  }
}

t.test('authentication is off by default, and wants every caller to be somebody once it is on (CFG-83, CFG-84)', async (t) => {
  const { server } = loadSettings({ environment: { HOME: '/nowhere' } });
  t.match(server.auth, {
    enabled: false,
    requireAuth: true,
    refreshIntervalMs: 900_000,
    excludedPaths: ['/health', '/.well-known/agent-card.json'],
    apiKeys: [],
  });
  t.same(server.studio.allowedRoles, ['operator', 'admin']);
});

t.test('settings that belong together are wanted together (SEC-07)', async (t) => {
  t.same(problemsOf({ enabled: true, ...TOKENS }), []);
  t.same(problemsOf({ enabled: true, jwks_url: TOKENS.jwks_url }), ['server.auth.issuer', 'server.auth.audience']);
  t.same(problemsOf({ enabled: true, issuer: 'i', audience: 'a' }), ['server.auth.jwks_url']);
  t.same(problemsOf({ enabled: true }), ['server.auth.enabled']);
  t.same(problemsOf({ enabled: false, issuer: 'i' }), []);
  t.same(problemsOf({ enabled: true, ...TOKENS, refresh_interval: '59s' }), ['server.auth.refresh_interval']);
  t.same(problemsOf({ enabled: true, ...TOKENS, jwks_url: 'https://user:pw@host/keys' }), ['server.auth.jwks_url']);
});

t.test('keys are hashes or secrets, told apart, of somebody, and end at a time (SEC-03)', async (t) => {
  const at = (index: number, key?: string) => `server.auth.api_keys[${index}]${key === undefined ? '' : `.${key}`}`;
  const check = (...keys: object[]) => problemsOf({ enabled: true, api_keys: keys });
  t.same(check({ name: 'a', hash: HASH }, { name: 'b', key: '${KEY}', subject: 's' }), []);
  t.same(check({ name: 'a' }), [at(0)]);
  t.same(check({ name: 'a', hash: HASH, key: 'sixteen-characters' }), [at(0)]);
  t.same(check({ name: 'a', hash: 'sha256:xyz' }), [at(0, 'hash')]);
  t.same(check({ name: 'a', key: 'too-short' }), [at(0, 'key')]);
  t.same(check({ name: 'a', hash: HASH }, { name: 'a', hash: HASH }), [at(1, 'name'), at(1, 'hash')]);
  t.same(check({ name: 'a', hash: HASH, subject: 'anonymous' }), [at(0, 'subject')]);
  t.same(check({ name: 'tenant:acme/ann', hash: HASH }), [at(0, 'name')]);
  for (const time of ['tomorrow', '2027-01-31', '2027-01-31T00:00:00'])
    t.same(check({ name: 'a', hash: HASH, expires_at: time }), [at(0, 'expires_at')], time);
  const { server } = load({ enabled: true, api_keys: [{ name: 'a', key: '${KEY}' }] });
  t.same(server.auth.apiKeys, [
    {
      name: 'a',
      hash: `sha256:${sha256Hex('a-key-from-a-variable')}`,
      subject: 'a',
      role: undefined,
      tenant: undefined,
      expiresAt: undefined,
    },
  ]);
});

t.test('a key that is written out is a secret in the file; a hash is none (SEC-17)', async (t) => {
  const { source } = load({
    enabled: true,
    api_keys: [
      { name: 'a', hash: HASH },
      { name: 'b', key: '${KEY}' },
      { name: 'c', key: 'sixteen-characters' },
    ],
  });
  t.same(
    findLiteralSecrets(source).map(({ path }) => path),
    ['server.auth.api_keys[2].key'],
  );
  t.match(describeLiteralSecret(findLiteralSecrets(source)[0] as never), /\$\{SERVER_AUTH_API_KEYS_2_KEY\}/);
});

t.test('a workflow is no way around the roles of its members (API-74)', async (t) => {
  const agents = (flow: object) => ({
    agents: { a: {}, staff: { allowed_roles: ['staff', 'boss'] }, flow: { type: 'sequential', sub_agents: ['a', 'staff'], ...flow } },
  });
  t.same(problemsOf({}, agents({})), ['agents.flow.sub_agents[1]']);
  t.same(problemsOf({}, agents({ allowed_roles: ['staff', 'other'] })), ['agents.flow.sub_agents[1]']);
  t.same(problemsOf({}, agents({ allowed_roles: ['boss'] })), []);
  t.same(problemsOf({}, { agents: { a: { allowed_roles: [] } } }), ['agents.a.allowed_roles']);
  t.same(problemsOf({}, { agents: { a: { allowed_roles: ['x'] } }, defaults: { agent: 'a' } }), ['defaults.agent']);
  t.equal(load({}, { agents: { a: { allowed_roles: ['x'] }, b: {} } }).defaults.agent, 'b', "the card that everybody gets is everybody's");
});
