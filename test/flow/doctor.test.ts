/** `hector doctor` explains set-ups that are broken on purpose, and says what to do about each. */
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Connection from 'better-sqlite3';
import t from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { checkDisk } from '../../src/cli/doctor/check-machine.js';
import { loadSettings } from '../../src/config/load-settings.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { createKnowledgeStore } from '../../src/storage/sql/knowledge-store.js';
import { SqlIngestRunStore } from '../../src/storage/sql/sql-ingest-run-store.js';
import { runCommand } from '../support/cli-rig.js';
import { diagnose, type Found, SERVER } from '../support/diagnose.js';
import { freePort, temporaryDirectory } from '../support/start-hector.js';
import { startTempRedis } from '../support/temp-redis.js';

t.test('a configuration that is wrong is the only thing told of it, with every problem', async (t) => {
  const { code, find, findings } = await diagnose(t, 'agents: {a: {llm: nobody}, b: {instruction: "${GONE}"}}');
  t.equal(code, 1);
  t.match(find('Configuration'), { status: 'fail', message: /GONE is not set/, cure: /validate/ });
  t.equal(findings.filter(({ status }) => status === 'fail').length, 1);
  const keyless = await diagnose(t, 'llms: {main: {provider: anthropic}}');
  t.match(keyless.find('Configuration'), { status: 'fail', message: /ANTHROPIC_API_KEY/ });
});

t.test('a Redis that evicts, forgets, or is not there', { timeout: 60_000 }, async (t) => {
  const redis = await startTempRedis(t, { arguments: ['--maxmemory-policy', 'allkeys-lru', '--maxmemory', '64mb'] });
  const evicts = await diagnose(t, `${SERVER}redis: {url: "${redis.url}"}`);
  t.match(evicts.find('Redis memory policy'), { status: 'fail', message: /maxmemory-policy allkeys-lru/ });
  t.equal(evicts.code, 1);
  const forgetful = await startTempRedis(t);
  const forgets = await diagnose(t, `${SERVER}redis: {url: "${forgetful.url}"}`);
  t.match(forgets.find('Redis persistence'), { status: 'warn', cure: /appendonly yes/ });
  t.match(forgets.find('Redis clock'), { status: 'ok' });
  t.equal(forgets.code, 0);
  const gone = await diagnose(
    t,
    `${SERVER}redis: {url: "unix:///nowhere/redis.sock"}\ndatabases: {main: {driver: postgres, host: 127.0.0.1, port: 1}}`,
  );
  t.match(gone.find('Redis'), { status: 'fail', cure: /redis\.url/ });
  t.match(gone.find('Database main'), { status: 'fail', cure: /databases/ });
  const binary = await diagnose(t, `${SERVER}redis: {binary: /nowhere/redis-server}`);
  t.match(binary.find('Redis'), { status: 'fail', cure: /install redis-server/ });
});

t.test(
  'ports that are taken, models that are away or refuse the key, servers and folders that are not there',
  { timeout: 60_000 },
  async (t) => {
    const taken = createServer((_request, response) => {
      response.writeHead(401).end();
    });
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    t.teardown(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    const closed = await freePort();
    const { code, find } = await diagnose(
      t,
      `
server: {host: 127.0.0.1, port: ${port}}
llms:
  refused: {provider: openai, base_url: "http://127.0.0.1:${port}/v1", api_key: "\${KEY}"}
  away: {provider: ollama, base_url: "http://127.0.0.1:${closed}"}
tools:
  broken: {type: mcp, command: /nowhere/mcp-server}
document_stores: {docs: {source: {type: directory, path: nowhere}}}
agents: {b: {llm: refused}, c: {llm: away}}
observability: {tracing: {enabled: true, exporter: otlp, endpoint: "127.0.0.1:${closed}"}}
`,
      { environment: { KEY: 'sk-not-valid' } },
    );
    t.equal(code, 1);
    t.match(find(`Port ${port}`), { status: 'fail', cure: /server\.port/ });
    t.match(find('Model refused'), { status: 'fail', message: /refuses the key \(HTTP 401\)/ });
    t.match(find('Model away'), { status: 'fail', message: /does not answer/ });
    t.match(find('MCP server broken'), { status: 'fail', cure: /tools\.broken/ });
    t.match(find('Documents docs'), { status: 'fail', cure: /document_stores\.docs\.source\.path/ });
    t.match(find('Collector of traces'), { status: 'warn' });
  },
);

t.test('a database that is damaged, of a newer version, or locked', { timeout: 60_000 }, async (t) => {
  const folder = await temporaryDirectory(t);
  writeFileSync(join(folder, 'broken.db'), 'x'.repeat(8_192));
  const newer = new Connection(join(folder, 'newer.db'));
  newer.exec(
    "CREATE TABLE schema_migrations (number INTEGER, name TEXT, applied_at INTEGER); INSERT INTO schema_migrations VALUES (9999, 'x', 1)",
  );
  t.teardown(() => newer.close());
  const check = async (file: string) =>
    (await diagnose(t, `${SERVER}databases: {main: {driver: sqlite, database: ${join(folder, file)}}}`)).findings;
  t.ok((await check('broken.db')).some(({ check: name, status }) => name === 'Database main' && status === 'fail'));
  t.match(
    (await check('newer.db')).find(({ check: name }) => name === 'Database main schema'),
    { status: 'fail', message: /a newer Hector/ },
  );
  newer.exec('BEGIN IMMEDIATE');
  t.match(
    (await check('newer.db')).find(({ check: name }) => name === 'Database main lock'),
    { status: 'warn', cure: /sqlite3/ },
  );
  newer.exec('ROLLBACK');
});

t.test('doors that stand open, secrets that are written out, parts that cannot meet', async (t) => {
  const config = `
server: {host: 0.0.0.0, port: 0, studio: {enabled: true}}
llms: {main: {provider: openai, api_key: sk-written-out}}
redis: {url: "redis://queue.example:6379"}
agents: {a: {}}
`;
  const folder = await temporaryDirectory(t);
  const file = join(folder, 'open.yaml');
  writeFileSync(file, config);
  chmodSync(file, 0o666);
  const { output, code } = await runCommand(t, ['doctor', '--json', '--offline', '-c', file]);
  t.equal(code, 1);
  const find = (check: string) =>
    output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Found)
      .find((finding) => finding.check === check);
  t.match(find('Topology'), { status: 'fail', message: /SQLite file of its own/ });
  t.match(find('Access'), { status: 'warn', cure: /server\.auth/ });
  t.match(find('Studio'), { status: 'warn' });
  t.match(find('Secrets'), { status: 'warn', message: /llms\.main\.api_key/ });
  t.match(find('Configuration file'), { status: 'warn', cure: /chmod go-w/ });
  t.notMatch(output, /sk-written-out/);
});

t.test('pages of any origin beside tools, and limits that bound nobody', async (t) => {
  const open = `${SERVER}tools: {bash: {type: command}}\nagents: {a: {}, b: {tools: []}}\n`;
  const all = await diagnose(t, `${open}rate_limiting: {enabled: true}\n`);
  t.match(all.find('Web pages'), { status: 'warn', message: /agents use their tools: a$/, cure: /server\.cors\.allowed_origins/ });
  t.match(all.find('Rate limits'), { status: 'warn', message: /new session/, cure: /scope: user/ });
  t.equal(all.code, 0);
  const named = await diagnose(
    t,
    `server: {host: 127.0.0.1, port: 0, cors: {allowed_origins: []}}
tools: {bash: {type: command}}
rate_limiting: {enabled: true, limits: [{type: count, window: minute, limit: 60, scope: user}]}`,
  );
  t.match([named.find('Web pages'), named.find('Rate limits')], [{ status: 'ok' }, { status: 'ok' }]);
  const idle = await diagnose(t, `${SERVER}agents: {a: {tools: []}}\n`);
  t.same([idle.find('Web pages'), idle.find('Rate limits')], [undefined, undefined]);
});

t.test('document stores whose documents or runs failed, and vector stores that are away', { timeout: 60_000 }, async (t) => {
  const folder = await temporaryDirectory(t);
  const database = await openDatabase(
    {
      ...loadSettings({ document: {}, environment: {}, workingDirectory: folder }).databases._default,
      database: join(folder, 'k.db'),
    } as DatabaseSettings,
    { name: 'main', log: silentLogger, clock: systemClock },
  );
  const runs = new SqlIngestRunStore(database);
  const fail = { type: 'fail', store: 'some', id: 'a.pdf', generation: 0, sourcePath: 'a.pdf', stage: 'prepare', error: 'locked' } as const;
  await createKnowledgeStore(database).commit('some', [fail], 1);
  for (const store of ['some', 'none']) {
    const run = await runs.begin({ store, pipeline: 'p', mode: 'changes', by: 'test', at: 1 });
    if (store === 'none') await runs.fail(run.id, { code: 'DOCUMENT_SOURCE_UNREADABLE', message: 'the bucket says no' }, 2);
  }
  await database.close();
  const closed = await freePort();
  const { find, code } = await diagnose(
    t,
    `${SERVER}databases: {main: {driver: sqlite, database: "${join(folder, 'k.db')}"}}
vector_stores: {far: {type: qdrant, url: "http://127.0.0.1:${closed}"}}
document_stores:
  some: {source: {type: directory, path: "${folder}"}}
  none: {source: {type: directory, path: "${folder}"}}
  new: {source: {type: directory, path: "${folder}"}, vector_store: far}`,
  );
  t.match(find('Index of some'), { status: 'warn', message: '1 of 1 documents failed', cure: /list some --status failed/ });
  t.match(find('Index of none'), { status: 'warn', message: /its last run failed: the bucket says no/, cure: /hector ingest none/ });
  t.match(find('Index of new'), { status: 'ok' });
  t.match(find('Vector store far'), { status: 'fail', message: /does not answer/, cure: /vector_stores\.far/ });
  t.equal(code, 1);
});

t.test('a disk that is nearly full is told with the folder that could be elsewhere', async (t) => {
  t.match(checkDisk('/data', 100 * 1_048_576), {
    status: 'fail',
    message: 'only 100 MiB are free where /data lies',
    cure: /state_directory/,
  });
  t.match(checkDisk('/data', 1_024 * 1_048_576), { status: 'warn', cure: /delete what is not needed/ });
  t.match(checkDisk('/data', 9_000 * 1_048_576), { status: 'ok' });
});

t.test('people read the same as lines with what to do', async (t) => {
  const { output, errors, code } = await runCommand(t, ['doctor', '--offline', '-c', 'h.yaml'], {
    files: { 'h.yaml': 'server: {port: 0}' },
  });
  t.equal(code, 0);
  t.match(output, /^ok {4}Node\.js: \d/m);
  t.match(output, /^warn {2}Access: .*\n {6}→ set server\.auth/m);
  t.match(errors, /^\d+ ok, \d+ warn, 0 fail\n$/);
});
