/** The program that people start, not its parts: what the configuration asks for is there once `hector serve` runs (spec/20 §20.1, §20.4). */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import Connection from 'better-sqlite3';
import t from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { waitFor } from '../support/coordination-steps.js';
import { freePort, spawnHector, temporaryDirectory } from '../support/start-hector.js';

const KEYS = { ANN: 'key-of-ann-1234567890', BOB: 'key-of-bob-1234567890', OLGA: 'key-of-olga-123456789' };
const HEALTHY_REQUESTS = /^hector_http_requests_total\{.*\} [1-9]/m;

t.test('hector serve does what its configuration says', { timeout: 60_000 }, async (t) => {
  const directory = await temporaryDirectory(t);
  const shop = new Connection(join(directory, 'shop.db'));
  shop.exec(
    "CREATE TABLE products (id INTEGER PRIMARY KEY, description TEXT); INSERT INTO products VALUES (7, 'A brass bell for ferries.')",
  );
  shop.close();
  const grpcPort = await freePort();
  const config = {
    logger: { format: 'json', file: 'hector.log' },
    llms: { default: { provider: 'offline' } },
    databases: { main: { driver: 'sqlite', database: 'runs.db' }, shop: { driver: 'sqlite', database: 'shop.db' } },
    storage: { database: 'main', tasks: { backend: 'sql', database: 'main' }, sessions: { backend: 'sql', database: 'main' } },
    document_stores: {
      products: {
        source: { type: 'sql', sql: { database: 'shop', tables: [{ table: 'products', id_column: 'id', columns: ['description'] }] } },
      },
    },
    agents: { clerk: { tools: [] }, desk: { visibility: 'internal', tools: [] } },
    rate_limiting: { enabled: true, limits: [{ type: 'count', window: 'hour', limit: 2, scope: 'user' }] },
    observability: { metrics: { enabled: true } },
    server: {
      grpc_port: grpcPort,
      auth: {
        enabled: true,
        api_keys: [
          { name: 'ann', key: '${ANN}' },
          { name: 'bob', key: '${BOB}' },
          { name: 'olga', key: '${OLGA}', role: 'operator' },
        ],
      },
    },
  };
  const { url } = await spawnHector(t, { directory, config, environment: KEYS });
  const ask = async (method: string, target: string, { as, body }: { as?: string; body?: JsonObject } = {}) => {
    const response = await fetch(`${url}${target}`, {
      method,
      headers: {
        'a2a-version': '1.0',
        ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: text.startsWith('{') ? (JSON.parse(text) as JsonObject) : {} };
  };
  let sent = 0;
  const call = (agent: string, method: string, params: JsonObject, as?: string) =>
    ask('POST', `/agents/${agent}`, { ...(as === undefined ? {} : { as }), body: { jsonrpc: '2.0', id: 1, method, params } });
  const send = (agent: string, as?: string, metadata: JsonObject = {}) =>
    call(agent, 'SendMessage', { message: { messageId: `m${sent++}`, role: 'ROLE_USER', parts: [{ text: 'Hello' }], metadata } }, as);

  await t.test('who calls is asked for, of internal agents too, and frontends learn how to log in (W-01, W-58)', async (t) => {
    for (const agent of ['clerk', 'desk']) t.match(await send(agent), { status: 401 });
    t.match(await send('clerk', 'somebody-else'), { status: 401 });
    t.match((await ask('GET', '/agents')).json, { total: 1 }, 'nobody sees the internal one');
    t.match((await ask('GET', '/health')).json, { status: 'ok', auth: { enabled: true, type: 'api_key' } });
  });

  await t.test(
    'whoever calls is who the key says, whatever the message claims; after two of them an hour it is enough (W-03, W-53)',
    async (t) => {
      const first = await send('clerk', KEYS.ANN, { user_id: 'bob' });
      t.match(first, { status: 200 });
      const { id } = (first.json as unknown as { result: { task: { id: string } } }).result.task;
      t.match((await call('clerk', 'GetTask', { id }, KEYS.ANN)).text, id);
      t.match((await call('clerk', 'GetTask', { id }, KEYS.BOB)).json, { error: { code: -32001 } }, 'it is not there for bob');
      await send('clerk', KEYS.ANN);
      t.match(await send('clerk', KEYS.ANN), { status: 429 });
      t.match(await send('clerk', KEYS.BOB), { status: 200 });
    },
  );

  await t.test('metrics are served, and tell of the requests so far (W-02)', async (t) => {
    const { status, text } = await ask('GET', '/metrics');
    t.equal(status, 200);
    t.match(text, HEALTHY_REQUESTS);
    t.match(text, /^hector_rate_limited_total\{.*\} 1$/m);
  });

  await t.test('gRPC listens beside JSON-RPC (W-05)', async (t) => {
    const socket = connect(grpcPort, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    t.match(await call('clerk', 'GetTask', { id: 'none' }, KEYS.ANN), { status: 200, json: { error: { code: -32001 } } });
  });

  await t.test('rows of a database are documents (W-07)', async (t) => {
    const store = async () => (await ask('GET', '/api/document_stores/products', { as: KEYS.OLGA })).json;
    await waitFor(async () => (await store())['last_run'] !== undefined, 30_000);
    t.match(await store(), { health: 'healthy', documents: { indexed: 1 } });
    const search = await ask('POST', '/api/document_stores/products/search', { as: KEYS.OLGA, body: { query: 'brass bell' } });
    t.match(search.text, /A brass bell for ferries/);
  });

  await t.test('the log goes where the file says, as it says (W-08)', async (t) => {
    t.ok(existsSync(join(directory, 'hector.log')));
    const lines = readFileSync(join(directory, 'hector.log'), 'utf8').trim().split('\n');
    for (const line of lines) t.match(JSON.parse(line), { level: /./, msg: /./ });
    t.notMatch(lines.join('\n'), /key-of-/);
  });
});
