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
      databases: { m: { password: 1234 }, n: { url: 'postgres://u:pw@h/d' } },
      redis: { url: 'rediss://:pw@r:1' },
      tools: { t: { type: 'mcp', command: 'x', env: { GITHUB_TOKEN: 'abc', MODE: 'plain', API_KEY: '${KEY}' } } },
      server: { card_signing: { keys: [{ private_key: '${KEY}' }, { private_key: '-----BEGIN' }] } },
    }),
    [
      'llms.a.api_key',
      'llms["b.c"].api_key',
      'llms.d.api_key',
      'llms.e.base_url',
      'databases.m.password',
      'databases.n.url',
      'redis.url',
      'tools.t.env.GITHUB_TOKEN',
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
