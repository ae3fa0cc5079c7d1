/** `rate_limiting`, `server.tls` and `server.cors`: defaults, and what is refused. */
import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import { loadSettings } from '../../../src/config/load-settings.js';

const load = (overrides: object) =>
  loadSettings({ environment: { HOME: '/nowhere' }, overrides: overrides as never, workingDirectory: '/srv/hector' });

function problemsOf(overrides: object): readonly string[] {
  try {
    load(overrides);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.problems.map(({ field, description }) => `${field}: ${description}`);
  }
}

t.test('nobody is limited by default; enabled without limits there are two (CFG-86)', async (t) => {
  const off = {
    enabled: false,
    scope: 'session',
    backend: 'redis',
    sqlDatabase: '',
    onFailure: 'count_locally',
    limits: [],
    maxActiveRuns: 0,
  };
  t.same(load({}).rateLimiting, off);
  t.same(load({ rate_limiting: { enabled: true, backend: 'memory' } }).rateLimiting, {
    ...off,
    enabled: true,
    limits: [
      { type: 'token', window: 'day', limit: 100_000, scope: 'session' },
      { type: 'count', window: 'minute', limit: 60, scope: 'session' },
    ],
  });
  t.same(load({ rate_limiting: { enabled: true, max_active_runs: 3 } }).rateLimiting.limits, [], 'who limits runs alone wants no more');
  const limits = [
    { type: 'request', window: 'minute', limit: 5 },
    { type: 'count', window: 'minute', limit: 5, scope: 'tenant' },
  ];
  t.match(load({ rate_limiting: { enabled: true, limits } }).rateLimiting.limits, [{ scope: 'user' }, { scope: 'tenant' }]);
});

t.test('limits that would count twice, nobody, or nothing are refused, and so is the other form (CFG-86, CFG-87)', async (t) => {
  const count = { type: 'count', window: 'minute', limit: 5 };
  const problems = problemsOf({
    rate_limiting: {
      enabled: true,
      limits: [count, { ...count, scope: 'session', limit: 9 }, { ...count, type: 'request', scope: 'session' }],
    },
  });
  t.match(problems, [
    /^rate_limiting\.limits\[1\]: the same type, window and scope as rate_limiting\.limits\[0\]/,
    /^rate_limiting\.limits\[2\]\.scope: session;/,
  ]);
  t.match(problemsOf({ rate_limiting: { limits: [{ ...count, limit: 0 }] } }), [/limits\[0\]\.limit/]);
  t.match(problemsOf({ rate_limiting: { limits: [{ ...count, window: 'fortnight' }] } }), [/limits\[0\]\.window/]);
  t.match(problemsOf({ rate_limiting: { backend: 'disk' } }), [/rate_limiting\.backend/]);
  t.match(problemsOf({ rate_limiting: { backend: 'sql', sql_database: 'gone' } }), [/rate_limiting\.sql_database.*there is no 'gone'/]);
  t.match(problemsOf({ server: { rate_limiting: { requests_per_minute: 60 } } }), [/^server\.rate_limiting/]);
});

t.test('pages of any origin by default; a wildcard never goes with credentials (CFG-82, API-65, API-66, W-54)', async (t) => {
  t.match(load({}).server.cors, { allowedOrigins: ['*'], allowCredentials: false });
  const named = { allowed_origins: ['https://app.example'], allow_credentials: true, max_age: '1h' };
  t.match(load({ server: { cors: named } }).server.cors, {
    allowedOrigins: ['https://app.example'],
    allowCredentials: true,
    maxAgeMs: 3_600_000,
  });
  t.match(problemsOf({ server: { cors: { allow_credentials: true } } }), [
    /^server\.cors\.allowed_origins\[0\]: \*, with allow_credentials/,
  ]);
  t.match(problemsOf({ server: { cors: { ...named, allowed_headers: ['Accept', '*'] } } }), [/^server\.cors\.allowed_headers\[1\]/]);
  t.match(problemsOf({ server: { cors: { ...named, allowed_origins: ['https://app.example', 'null'] } } }), [
    /^server\.cors\.allowed_origins\[1\]: null, with allow_credentials/,
  ]);
  t.same(problemsOf({ server: { cors: { allowed_origins: ['null'] } } }), []);
  for (const origin of ['app.example', 'https://app.example/', 'https://*.example', 'https://App.example', 'https://a b', 'https://u@a'])
    t.match(problemsOf({ server: { cors: { allowed_origins: [origin] } } }), [/^server\.cors\.allowed_origins\[0\]/], origin);
  t.match(problemsOf({ server: { cors: { allowed_headers: ['a\r\nset-cookie: x'] } } }), [/allowed_headers\[0\]/], 'no header is made up');
});

t.test('TLS is off by default, and its files are looked for where the server was started (CFG-81)', async (t) => {
  t.match(load({}).server.tls, { enabled: false, minVersion: '1.2', reloadIntervalMs: 10_000 });
  const { tls } = load({ server: { tls: { enabled: true, cert_file: 'a.pem', key_file: '/b.key' } } }).server;
  t.match(tls, { certFile: '/srv/hector/a.pem', keyFile: '/b.key', clientCaFile: '' });
  t.match(problemsOf({ server: { tls: { enabled: true, cert_file: 'a.pem' } } }), [/^server\.tls\.key_file: empty/]);
});

t.test('config/limits.yaml loads, and limits what it says', async (t) => {
  const { rateLimiting, server } = loadSettings({ environment: { HOME: '/nowhere' }, file: `${process.cwd()}/config/limits.yaml` });
  t.equal(rateLimiting.enabled, true);
  t.ok(rateLimiting.limits.length >= 3);
  t.same(server.cors.allowedOrigins, ['http://localhost:3000']);
});
