/**
 * Every secret of a server is a marked text, every other side tells back what it was told, and most of what is asked fails: no mark is in
 * anything that this server says, to its callers, its operators or its machine (SEC-17).
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runCli } from '../../src/cli/run-cli.js';
import { inspectStores } from '../../src/compose.js';
import { userMessage } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { callsOf, connectClient } from '../support/grpc-rig.js';
import { startHttpCollector } from '../support/peers/span-collector.js';
import { recordedTerminal } from '../support/recorded-terminal.js';
import { freePort, spawnHector, temporaryDirectory } from '../support/start-hector.js';
import { startTempRedis } from '../support/temp-redis.js';

/** Looks like nothing that is known to be a secret. */
const mark = (name: string) => `${name}${randomBytes(12).toString('hex')}`;
const MARKS = Object.fromEntries(
  [
    ...['model', 'embedder', 'caller', 'redis', 'database', 'dsn', 'otlp', 'mcpenv', 'mcpheader', 'remote', 'source', 'engine'],
    ...['push', 'sealing', 'hook', 'hookauth', 'wrong', 'query', 'literal', 'approval'],
  ].map((name) => [name, mark(name)]),
) as Record<string, string>;
const variable = (name: string) => `\${MARK_${name.toUpperCase()}}`;

/** Refuses everything, in words that hold all that it was told. */
async function startEcho(t: Test) {
  const heard: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const told = JSON.stringify({ url: request.url, ...request.headers });
    heard.push(told);
    const message = `Incorrect API key provided: ${told}`;
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message, type: 'invalid_request_error', code: 'invalid_api_key' }, detail: message }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

/** Tells all of its variables on its way out. */
const TALKATIVE = "console.error('I was told ' + JSON.stringify(process.env)); setTimeout(() => process.exit(1), 50)";

t.test('no secret is in anything that a server says', { timeout: 120_000 }, async (t) => {
  const directory = await temporaryDirectory(t);
  mkdirSync(join(directory, 'docs'));
  const echo = await startEcho(t);
  const collector = await startHttpCollector(t);
  const [redisPort, closed, grpcPort] = [await freePort(), await freePort(), await freePort()];
  const redis = await startTempRedis(t, { arguments: ['--port', String(redisPort), '--requirepass', MARKS['redis'] as string] });
  const private_ = { allow_private: ['127.0.0.1'] };
  const sql = (database: string) => ({ type: 'sql', sql: { database, tables: [{ table: 'letters', columns: ['body'] }] } });
  const config = {
    llms: {
      default: { provider: 'offline' },
      refused: { provider: 'openai', base_url: `${echo.url}/v1`, api_key: variable('model'), model: 'gpt-4o' },
    },
    embedders: {
      refused: { provider: 'openai', base_url: `${echo.url}/v1`, api_key: variable('embedder'), model: 'text-embedding-3-small' },
    },
    storage: { database: 'main' },
    databases: {
      main: { driver: 'sqlite' },
      away: { driver: 'postgres', host: '127.0.0.1', port: closed, username: 'clerk', password: variable('database') },
      gone: { driver: 'postgres', url: `postgres://clerk:${variable('dsn')}@127.0.0.1:${closed}/letters` },
    },
    redis: { url: `redis://:${variable('redis')}@127.0.0.1:${redisPort}` },
    document_stores: {
      embedded: { source: { type: 'directory', path: 'docs' }, embedder: 'refused' },
      away: { source: sql('away') },
      gone: { source: sql('gone') },
      api: { source: { type: 'api', api: { url: `${echo.url}/list`, auth: { type: 'bearer', token: variable('source') }, ...private_ } } },
    },
    tools: {
      talkative: {
        type: 'mcp',
        command: process.execPath,
        args: ['-e', TALKATIVE],
        env: { SERVICE_TOKEN: variable('mcpenv'), MODE: 'plain' },
      },
      distant: { type: 'mcp', url: `${echo.url}/mcp`, headers: { 'x-service': variable('mcpheader') } },
      web_search: { type: 'function', handler: 'web_search', engine: 'tavily', api_key: variable('engine'), base_url: echo.url },
    },
    agents: {
      assistant: { tools: ['web_search'], document_stores: ['embedded'] },
      broken: { llm: 'refused', tools: ['talkative', 'distant'], document_stores: [] },
      remote: { type: 'remote', url: `${echo.url}/agents/x`, headers: { 'x-remote': variable('remote') }, ...private_ },
    },
    server: {
      grpc_port: grpcPort,
      a2a: { push: { ...private_, encryption_key: variable('sealing'), max_attempts: 1 } },
      approval: { webhook_url: `${echo.url}/approve`, webhook_signing_key: variable('approval'), ...private_ },
      studio: { enabled: true },
      auth: { enabled: true, api_keys: [{ name: 'ann', key: variable('caller'), role: 'operator' }] },
    },
    observability: {
      tracing: {
        enabled: true,
        capture_payloads: true,
        endpoint: `http://${collector.address}/v1/traces`,
        protocol: 'http/json',
        headers: { 'x-collector': variable('otlp') },
      },
      metrics: { enabled: true },
    },
    logger: { level: 'debug', format: 'json', audit_file: 'audit.log' },
  };
  const environment = Object.fromEntries(Object.entries(MARKS).map(([name, value]) => [`MARK_${name.toUpperCase()}`, value]));
  const hector = await spawnHector(t, { directory, config, environment });
  const said = new Map<string, string>();

  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${hector.url}${path}`, {
      method,
      headers: {
        ...{ 'content-type': 'application/json', 'a2a-version': '1.0', accept: 'application/json, text/event-stream' },
        ...{ authorization: `Bearer ${MARKS['caller']}`, ...headers },
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    said.set(`${said.size} ${method} ${path}`, `${response.status} ${JSON.stringify([...response.headers])}\n${text}`);
    return { status: response.status, text, etag: response.headers.get('etag') ?? '' };
  };
  const rpc = (agent: string, method: string, params: unknown) =>
    ask('POST', `/agents/${agent}`, { jsonrpc: '2.0', id: 1, method, params });

  // Runs, of which most fail.
  const sent = await rpc('assistant', 'SendMessage', { message: userMessage('Hello') });
  t.match(sent.text, /TASK_STATE_COMPLETED/);
  const { id } = (JSON.parse(sent.text) as { result: { task: { id: string } } }).result.task;
  await rpc('assistant', 'SendMessage', { message: userMessage('call web_search {"query": "ferries"}') });
  const failed = await rpc('broken', 'SendMessage', { message: userMessage('Hello') });
  t.match(failed.text, /TASK_STATE_FAILED/);
  await rpc('broken', 'SendStreamingMessage', { message: userMessage('Hello') });
  await rpc('remote', 'SendMessage', { message: userMessage('Hello') });
  // Webhooks, whose credentials are the client's.
  const hook = { url: `${echo.url}/hook`, token: MARKS['hook'], authentication: { scheme: 'Bearer', credentials: MARKS['hookauth'] } };
  const configuration = { taskPushNotificationConfig: hook };
  await rpc('assistant', 'SendMessage', { message: userMessage('Hello again'), configuration });
  const created = await rpc('assistant', 'CreateTaskPushNotificationConfig', { taskId: id, ...hook, url: 'ftp://nowhere' });
  t.match(created.text, /error/);
  // Ingestion, searches, and what is told of them.
  for (const store of Object.keys(config.document_stores)) {
    await ask('POST', `/api/document_stores/${store}/ingest`, {});
    await ask('POST', `/api/document_stores/${store}/search`, { query: 'ferries' });
  }
  // Credentials that are wrong, in every place where somebody may put them.
  const wrong = { authorization: `Bearer ${MARKS['wrong']}` };
  for (const path of ['/agents/assistant', '/api/tasks', '/mcp', '/nowhere']) await ask('POST', path, {}, wrong);
  await ask('GET', `/api/sessions?api_key=${MARKS['query']}&limit=-1`);
  await ask('GET', `/nowhere?access_token=${MARKS['query']}`);
  await ask('POST', '/agents/assistant', '{"broken', wrong);
  const { call } = callsOf(connectClient(t, grpcPort));
  for (const authorization of [`Bearer ${MARKS['wrong']}`, `Bearer ${MARKS['caller']}`]) {
    const answer = await call('SendMessage', { tenant: 'broken', message: userMessage('Hello') }, { metadata: { authorization } });
    said.set(
      `gRPC ${authorization.length}`,
      JSON.stringify(answer, (_key, value: unknown) => (value instanceof Map ? [...value] : value)),
    );
  }
  // A configuration with secrets that are written out, and wrong.
  const { etag } = await ask('GET', '/api/config');
  const text = `llms: {default: {provider: offline, api_key: ${MARKS['literal']}, temperatur: 1}}\nredis: {url: "ftp://:${MARKS['literal']}@x"}\n`;
  const edited = { 'content-type': 'application/yaml', 'if-match': etag };
  t.equal((await ask('PUT', '/api/config', text, edited)).status, 400);
  await ask('POST', '/api/config/validate', text, edited);
  await waitFor(() => echo.heard.some((told) => told.includes(MARKS['hook'] as string)));

  const pages = ['/', '/health', '/health/ready', '/metrics', '/agents', '/.well-known/agent-card.json', `/agents/assistant/tasks/${id}`];
  const things = [
    'config?format=json',
    'schema',
    'traces',
    'toolsets',
    'queues',
    'sessions',
    'checkpoints',
    'checkpoints/stats',
    'document_stores',
    'ingest_runs',
  ];
  const stores = Object.keys(config.document_stores).flatMap((store) => [`document_stores/${store}`, `document_stores/${store}/documents`]);
  for (const path of [...pages, ...[...things, ...stores].map((name) => `/api/${name}`), `/api/tasks/${id}/why`]) await ask('GET', path);

  // What commands say of the same configuration.
  const file = readFileSync(join(directory, `hector-${new URL(hector.url).port}.json`), 'utf8');
  for (const argv of [['info'], ['info', 'broken'], ['validate', '-p'], ['validate', '-f', 'json'], ['doctor'], ['doctor', '--json']]) {
    const terminal = recordedTerminal({ isWatched: false });
    await runCli([...argv, '-c', `hector-${new URL(hector.url).port}.json`], {
      terminal,
      environment: { HOME: directory, ...environment },
      workingDirectory: directory,
      loadStartHector: async () => t.fail('the system was started'),
      loadInspectStores: async () => inspectStores,
      listenForStop: () => ({ signal: new AbortController().signal, dispose: () => undefined }),
    } as never);
    said.set(argv.join(' '), terminal.output() + terminal.errors());
  }

  // And while Redis is away, and when it ends.
  await redis.stop();
  await rpc('assistant', 'SendMessage', { message: userMessage('Hello'), configuration: { returnImmediately: true } });
  await ask('GET', '/health/ready');
  await waitFor(() => collector.spans.some(({ name }) => name === 'hector.llm.call'));
  hector.child.kill('SIGTERM');
  await hector.exited;
  said.set('log', hector.output());
  said.set('audit', readFileSync(join(directory, 'audit.log'), 'utf8'));
  said.set(
    'spans',
    JSON.stringify(collector.spans, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  );

  await t.test('each was used', async (t) => {
    const heard = echo.heard.join('\n');
    for (const name of ['model', 'embedder', 'mcpheader', 'remote', 'source', 'engine', 'hook', 'hookauth'])
      t.ok(heard.includes(MARKS[name] as string), name);
    t.equal(collector.requests[0]?.headers['x-collector'], MARKS['otlp']);
    t.match(said.get('log'), /I was told .*MODE.{1,9}plain/, 'the MCP program, whose other variables are no secrets');
    t.notMatch(file, MARKS['model'] as string);
  });
  await t.test('none is told', async (t) => {
    for (const [name, secret] of Object.entries(MARKS)) {
      const places = [...said].filter(([, text]) => text.includes(secret)).map(([where, text]) => `${where}: ${excerpt(text, secret)}`);
      t.same(places, [], name);
    }
  });
});

function excerpt(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return text.slice(Math.max(0, at - 150), at + 60);
}
