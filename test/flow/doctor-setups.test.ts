/** What people get wrong: of each of these set-ups `hector doctor` names the one thing that is broken, and what to do about it. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { createAuthority } from '../support/certificates.js';
import { diagnose, SERVER } from '../support/diagnose.js';
import { freePort, temporaryDirectory } from '../support/start-hector.js';
import { startTempRedis } from '../support/temp-redis.js';

interface SetUp {
  readonly config: string;
  readonly environment?: Record<string, string>;
  readonly status?: 'warn';
  readonly check: string;
  readonly message: RegExp;
  readonly cure: RegExp;
}

t.test('each of thirteen broken set-ups is named, with its cure, and nothing else is said to be broken', { timeout: 60_000 }, async (t) => {
  const folder = await temporaryDirectory(t);
  const path = (name: string) => join(folder, name);
  writeFileSync(path('file'), 'no folder');
  writeFileSync(path('prose.db'), 'These are words, and no database. '.repeat(300));
  const authority = createAuthority(folder);
  authority.issue('one', path('one.pem'), path('one.key'));
  authority.issue('other', path('other.pem'), path('other.key'));
  const refusing = createServer((_request, response) => void response.writeHead(401).end()).listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  t.teardown(() => refusing.close());
  const { port } = refusing.address() as AddressInfo;
  const closed = await freePort();
  const evicting = await startTempRedis(t, { arguments: ['--maxmemory-policy', 'allkeys-lru', '--maxmemory', '64mb'] });
  const forgetful = await startTempRedis(t);
  const setUps: Readonly<Record<string, SetUp>> = {
    'Redis evicts': {
      config: `${SERVER}redis: {url: "${evicting.url}"}`,
      check: 'Redis memory policy',
      message: /maxmemory-policy allkeys-lru/,
      cure: /CONFIG SET maxmemory-policy noeviction/,
    },
    'Redis is not there': {
      config: `${SERVER}redis: {url: "redis://127.0.0.1:${closed}"}`,
      check: 'Redis',
      message: new RegExp(`127\\.0\\.0\\.1:${closed}`),
      cure: /redis\.url/,
    },
    'Redis keeps nothing': {
      config: `${SERVER}redis: {url: "${forgetful.url}"}`,
      status: 'warn',
      check: 'Redis persistence',
      message: /no append-only file/,
      cure: /appendonly yes/,
    },
    'PostgreSQL is not there': {
      config: `${SERVER}databases: {main: {driver: postgres, host: 127.0.0.1, port: ${closed}}}`,
      check: 'Database main',
      message: /ECONNREFUSED|cannot be reached/,
      cure: /databases, or start it/,
    },
    'no key of a model': {
      config: 'llms: {main: {provider: anthropic}}',
      check: 'Configuration',
      message: /llms\.main[\s\S]*ANTHROPIC_API_KEY/,
      cure: /hector\.yaml/,
    },
    'a key that is refused': {
      config: `${SERVER}llms: {main: {provider: openai, base_url: "http://127.0.0.1:${port}/v1", api_key: "\${KEY}"}}`,
      environment: { KEY: 'sk-refused' },
      check: 'Model main',
      message: /refuses the key \(HTTP 401\)/,
      cure: /OPENAI_API_KEY/,
    },
    'a port that is taken': {
      config: `server: {host: 127.0.0.1, port: ${port}}`,
      check: `Port ${port}`,
      message: /taken by another program/,
      cure: /server\.port/,
    },
    'a database file where none can be': {
      config: `${SERVER}databases: {main: {driver: sqlite, database: "${path('file/hector.db')}"}}`,
      check: 'Database main',
      message: /cannot be written by this user/,
      cure: /chown|another file/,
    },
    'a database file that is none': {
      config: `${SERVER}databases: {main: {driver: sqlite, database: "${path('prose.db')}"}}`,
      check: 'Database main',
      message: /not a database/,
      cure: /databases/,
    },
    'one SQLite file each for two machines': {
      config: `${SERVER}redis: {url: "redis://queue.invalid:6379"}`,
      check: 'Topology',
      message: /SQLite file of its own/,
      cure: /PostgreSQL or MySQL/,
    },
    'YAML that is none': {
      config: 'agents:\n  assistant:\n    instruction: "never closed\n  other: {}\n',
      check: 'Configuration',
      message: /line \d|:\d+:\d+/,
      cure: /correct .*hector\.yaml/,
    },
    "another certificate's key": {
      config: `server: {host: 127.0.0.1, port: 0, tls: {enabled: true, cert_file: "${path('one.pem')}", key_file: "${path('other.key')}"}}`,
      check: 'TLS certificate',
      message: /cannot be used together/,
      cure: /server\.tls/,
    },
    'documents in no folder': {
      config: `${SERVER}document_stores: {docs: {source: {type: directory, path: nowhere}}}`,
      check: 'Documents docs',
      message: /nowhere cannot be read \(ENOENT\)/,
      cure: /document_stores\.docs\.source\.path/,
    },
  };
  for (const [name, { config, environment = {}, status = 'fail', check, message, cure }] of Object.entries(setUps))
    await t.test(name, async (t) => {
      const { findings, find, code } = await diagnose(t, config, { environment });
      t.match(find(check), { status, message, cure }, JSON.stringify(findings.filter((finding) => finding.status !== 'ok')));
      t.equal(code, status === 'fail' ? 1 : 0);
      // A Redis of another machine is not there either.
      const others = findings.filter((finding) => finding.status === 'fail' && finding.check !== check).map((finding) => finding.check);
      t.same(others, name.startsWith('one SQLite') ? ['Redis'] : []);
    });
});

t.test('a certificate that fits is told with the days that it has left', async (t) => {
  const folder = await temporaryDirectory(t);
  createAuthority(folder).issue('one', join(folder, 'one.pem'), join(folder, 'one.key'));
  const tls = `{enabled: true, cert_file: "${join(folder, 'one.pem')}", key_file: "${join(folder, 'one.key')}"}`;
  const { find } = await diagnose(t, `server: {host: 127.0.0.1, port: 0, tls: ${tls}}`);
  t.match(find('TLS certificate'), { status: 'warn', message: /expires in 1 days/, cure: /renewed/ });
});
