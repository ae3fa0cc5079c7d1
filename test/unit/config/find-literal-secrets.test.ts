import t from 'tap';
import { findLiteralSecrets } from '../../../src/config/find-literal-secrets.js';

const pathsIn = (document: object) => findLiteralSecrets(JSON.stringify(document)).map(({ path }) => path);

t.test('a secret is literal when text stands where a variable should (CLI-48, SEC-17)', async (t) => {
  t.same(
    pathsIn({
      llms: {
        a: { api_key: 'sk-1' },
        'b.c': { api_key: '${KEY:-sk-2}' },
        d: { api_key: 'sk-${REST}' },
        e: { base_url: 'http://u:pw@h/v1' },
      },
      databases: { m: { password: 1234 }, n: { url: 'postgres://u:pw@h/d' }, o: { url: 'postgres://h/d?user=u&password=pw' } },
      redis: { url: 'rediss://:pw@r:1' },
      tools: {
        t: { type: 'mcp', command: 'x', env: { GITHUB_TOKEN: 'abc', MODE: 'plain', API_KEY: '${KEY}', CACHE_URL: 'redis://:pw@r' } },
        u: { type: 'mcp', url: 'https://h/mcp?mode=x&tavilyApiKey=pw' },
      },
      server: { card_signing: { keys: [{ private_key: '${KEY}' }, { private_key: '-----BEGIN' }] } },
    }),
    [
      'llms.a.api_key',
      'llms["b.c"].api_key',
      'llms.d.api_key',
      'llms.e.base_url',
      'databases.m.password',
      'databases.n.url',
      'databases.o.url',
      'redis.url',
      'tools.t.env.GITHUB_TOKEN',
      'tools.t.env.CACHE_URL',
      'tools.u.url',
      'server.card_signing.keys[1].private_key',
    ],
  );
});

t.test('references, empty values and addresses without a password are no secrets', async (t) => {
  t.same(
    pathsIn({
      llms: { a: { api_key: '${KEY}' }, b: { api_key: '$KEY' }, c: { api_key: '${KEY:-}' }, d: { base_url: 'http://h:1/v1' } },
      databases: { m: { password: '' }, n: { url: 'postgres://u:${PW}@h/d' }, o: { url: '${DSN}' }, p: { url: 'postgres://u@h/d' } },
      redis: { url: 'redis://r:1' },
      tools: { t: { type: 'mcp', url: 'https://h/mcp?api_key=${KEY}&tokens=&mode=fast' } },
      agents: { a: { instruction: 'Never write http://user:password@host.' } },
    }),
    [],
  );
});

t.test('the variable to write instead is named after the key', async (t) => {
  t.same(
    findLiteralSecrets('{"llms": {"my-model.2": {"api_key": "x"}}}').map(({ variable }) => variable),
    ['LLMS_MY_MODEL_2_API_KEY'],
  );
});
