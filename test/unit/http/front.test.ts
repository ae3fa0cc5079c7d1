import t from 'tap';
import type { ServedCard } from '../../../src/a2a/binding.js';
import type { BindingRequest } from '../../../src/a2a/binding-reply.js';
import { AppError } from '../../../src/base/errors.js';
import type { Logger } from '../../../src/observe/log.js';
import { silentLogger } from '../../../src/observe/log.js';
import { silentMetrics } from '../../../src/observe/meter.js';
import { startTestFront } from '../../support/front-rig.js';

const RPC = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"jsonrpc":"2.0"}' };

t.test('metrics are served where the configuration says, and nowhere unless it does (OBS-03)', async (t) => {
  let reads = 0;
  const render = async () => {
    reads += 1;
    return { contentType: 'text/plain; version=0.0.4', body: `reads ${reads}\n` };
  };
  const front = await startTestFront(t, {}, { metrics: { path: '/internal/metrics', render } });
  const response = await fetch(`${front.url}/internal/metrics`);
  t.equal(response.status, 200);
  t.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4');
  t.equal(await response.text(), 'reads 1\n');
  t.equal((await fetch(`${front.url}/metrics`)).status, 404);
  const without = await startTestFront(t, {});
  t.equal((await fetch(`${without.url}/metrics`)).status, 404);
});

t.test('health says ok with the version, live is always ok, ready follows its port (API-01)', async (t) => {
  let ready = false;
  const front = await startTestFront(t, {}, { readiness: async () => ({ ready, reasons: ready ? [] : ['queue is stuck'] }) });
  t.same(await json(`${front.url}/health`), { status: 'ok', version: '1.2.3', studio_mode: false });
  t.same(await json(`${front.url}/health/live`), { status: 'ok' });
  const response = await fetch(`${front.url}/health/ready`);
  t.equal(response.status, 503);
  t.same(await response.json(), { status: 'not_ready', reasons: ['queue is stuck'] });
  ready = true;
  t.equal((await fetch(`${front.url}/health/ready`)).status, 200);
});

t.test('agents are listed, their cards served at both paths, the default card at the root (API-02, AC1, AC2, AC8)', async (t) => {
  const front = await startTestFront(t, {
    card: async (agent, baseUrl) => (agent === 'wérner' ? served({ name: agent, url: `${baseUrl}/agents/${agent}` }) : undefined),
    defaultCard: async (baseUrl) => served({ name: 'default', url: baseUrl }),
    listCards: async (baseUrl, principal) => JSON.stringify({ agents: [baseUrl, principal.subject], total: 2 }),
  });
  t.same(await json(`${front.url}/agents`), { agents: [front.url, 'local'], total: 2 });
  t.same(await json(`${front.url}/agents/`), { agents: [front.url, 'local'], total: 2 });
  for (const path of ['/agents/w%C3%A9rner', '/agents/w%C3%A9rner/', '/agents/w%C3%A9rner/.well-known/agent-card.json']) {
    t.same(await json(`${front.url}${path}`), { name: 'wérner', url: `${front.url}/agents/wérner` });
  }
  t.same(await json(`${front.url}/.well-known/agent-card.json`), { name: 'default', url: front.url });
  const unknown = await fetch(`${front.url}/agents/nobody`);
  t.equal(unknown.status, 404);
  t.match(await unknown.json(), { error: { code: 'AGENT_NOT_FOUND', message: /nobody/ } });
});

t.test('a card can be cached: ETag, Last-Modified, max-age, 304 for the same card and 200 for another (AC3, AC4, AC5, AC6)', async (t) => {
  let card = served({ name: 'one' });
  const front = await startTestFront(t, { defaultCard: async () => card });
  const url = `${front.url}/.well-known/agent-card.json`;
  const first = await fetch(url);
  const etag = first.headers.get('etag') as string;
  const lastModified = first.headers.get('last-modified') as string;
  t.match(first.headers.get('cache-control'), /^max-age=\d+$/);
  t.match(etag, /^"[0-9a-f]+"$/);
  t.equal(lastModified, 'Fri, 02 Jan 2026 03:04:05 GMT', 'whole seconds');
  const ask = async (headers: Record<string, string>, method = 'GET') => {
    const response = await fetch(url, { method, headers });
    if (response.status === 304) {
      t.equal(await response.text(), '');
      for (const name of ['etag', 'last-modified', 'cache-control']) t.equal(response.headers.get(name), first.headers.get(name), name);
    }
    return response.status;
  };
  for (const tags of [etag, `W/${etag}`, `"other", W/${etag}`, `"a,b",${etag},"c"`, '*', ' * '])
    t.equal(await ask({ 'if-none-match': tags }), 304, tags);
  t.equal(await ask({ 'if-none-match': etag }, 'HEAD'), 304);
  for (const tags of ['"other"', 'W/"other"', etag.slice(1, -1), `"x${etag.slice(1)}`, '', `"*"`])
    t.equal(await ask({ 'if-none-match': tags }), 200, tags);
  t.equal(await ask({ 'if-modified-since': lastModified }), 304);
  t.equal(await ask({ 'if-modified-since': 'Sat, 03 Jan 2026 03:04:05 GMT' }), 304);
  for (const date of ['Fri, 02 Jan 2026 03:04:04 GMT', 'yesterday', '']) t.equal(await ask({ 'if-modified-since': date }), 200, date);
  t.equal(await ask({ 'if-none-match': '"other"', 'if-modified-since': lastModified }), 200, 'the tag counts first');
  card = served({ name: 'two' });
  t.equal(await ask({ 'if-none-match': etag }), 200);
});

t.test('a card that not everybody may see is kept by its reader only (AC3, AC7)', async (t) => {
  const front = await startTestFront(t, { card: async () => ({ ...served({}), isPrivate: true }) });
  t.match((await fetch(`${front.url}/agents/inner`)).headers.get('cache-control'), /^private, max-age=\d+$/);
});

t.test(
  'the base URL is the public one, else the one the client used; never a wildcard, never what a proxy header claims (API-26)',
  async (t) => {
    const binding = { listCards: async (baseUrl: string) => JSON.stringify(baseUrl) };
    const open = await startTestFront(t, binding, { settings: { host: '0.0.0.0' } });
    t.equal(open.url, `http://127.0.0.1:${open.port}`);
    t.equal(
      await json(`http://127.0.0.1:${open.port}/agents`, { headers: { 'x-forwarded-host': 'evil.example' } }),
      `http://127.0.0.1:${open.port}`,
    );
    t.equal(await json(`http://localhost:${open.port}/agents`), `http://localhost:${open.port}`);
    const published = await startTestFront(t, binding, { settings: { publicUrl: 'https://agents.example' } });
    t.equal(published.url, 'https://agents.example');
    t.equal(await json(`http://127.0.0.1:${published.port}/agents`), 'https://agents.example');
  },
);

t.test('a POST reaches the binding with agent, query, body and base URL, and its reply comes back (J1)', async (t) => {
  let seen: BindingRequest | undefined;
  const front = await startTestFront(t, {
    handleJsonRpc: async (request) => {
      seen = request;
      return { type: 'json', status: 202, headers: { 'content-type': 'application/json', 'a2a-version': '1.0' }, body: '{"result":1}' };
    },
  });
  const response = await fetch(`${front.url}/agents/helper?A2A-Version=1.0`, RPC);
  t.equal(response.status, 202);
  t.equal(response.headers.get('content-type'), 'application/json');
  t.equal(response.headers.get('a2a-version'), '1.0');
  t.same(await response.json(), { result: 1 });
  t.match(seen, { agent: 'helper', baseUrl: front.url });
  t.equal(seen?.query.get('A2A-Version'), '1.0');
  t.equal(seen?.body.toString(), RPC.body);
});

t.test('unknown paths are 404, wrong methods 405 with Allow, bad escapes 400, all in one shape (API-03)', async (t) => {
  const front = await startTestFront(t, {});
  const unknown = await fetch(`${front.url}/nothing/here`);
  t.equal(unknown.status, 404);
  t.match(await unknown.json(), { error: { code: 'HTTP_NOT_FOUND', message: String } });
  const wrong = await fetch(`${front.url}/agents/a`, { method: 'DELETE' });
  t.equal(wrong.status, 405);
  t.equal(wrong.headers.get('allow'), 'GET, HEAD, POST, OPTIONS');
  t.match(await wrong.json(), { error: { code: 'HTTP_METHOD_NOT_ALLOWED' } });
  const malformed = await fetch(`${front.url}/agents/%ff`);
  t.equal(malformed.status, 400);
  t.match(await malformed.json(), { error: { code: 'REQUEST_INVALID' } });
  t.equal((await fetch(`${front.url}/health`, { method: 'HEAD' })).status, 200);
});

t.test('any origin may call without credentials; a preflight passes without authentication (API-65)', async (t) => {
  const front = await startTestFront(t, {}, { authenticate: async () => Promise.reject(new AppError('ACCESS_UNAUTHENTICATED')) });
  const preflight = await fetch(`${front.url}/agents/a`, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'a2a-version' },
  });
  t.equal(preflight.status, 204);
  t.equal(preflight.headers.get('access-control-allow-origin'), '*');
  t.equal(preflight.headers.get('access-control-allow-methods'), 'GET, POST, DELETE, OPTIONS');
  t.equal(preflight.headers.get('access-control-allow-headers'), 'Content-Type, Authorization, A2A-Version, A2A-Extensions, Last-Event-ID');
  t.equal(preflight.headers.get('access-control-allow-credentials'), null);
  const refused = await fetch(`${front.url}/agents/a`, RPC);
  t.equal(refused.status, 401);
  t.equal(refused.headers.get('access-control-allow-origin'), '*', 'errors are readable too');
});

t.test('who is refused, and a preflight, were counted and logged before, and told what CORS says (API-67)', async (t) => {
  const counted: unknown[] = [];
  const logged: unknown[] = [];
  const front = await startTestFront(
    t,
    {},
    {
      authenticate: async () => Promise.reject(new AppError('ACCESS_UNAUTHENTICATED')),
      meter: { ...silentMetrics, count: (name, labels) => void (name === 'http_requests_total' && counted.push(labels)) },
      log: { ...silentLogger, debug: (fields: object) => void logged.push(fields) } as unknown as Logger,
    },
  );
  const refused = await fetch(`${front.url}/agents/a`, { ...RPC, headers: { ...RPC.headers, origin: 'https://app.example' } });
  t.match([refused.status, refused.headers.get('access-control-allow-origin')], [401, '*']);
  const preflight = await fetch(`${front.url}/agents/a`, { method: 'OPTIONS', headers: { origin: 'https://app.example' } });
  t.match([preflight.status, preflight.headers.get('access-control-allow-origin')], [204, '*']);
  const path = '/agents/{name}';
  t.same(counted, [
    { method: 'POST', path, status: '401' },
    { method: 'OPTIONS', path, status: '204' },
  ]);
  t.match(logged, [
    { method: 'POST', route: path, status: 401 },
    { method: 'OPTIONS', route: path, status: 204 },
  ]);
});

t.test('an unexpected failure is a 500 without its text, logged under the id that the client gets', async (t) => {
  const logged: Array<{ fields: { requestId?: string; err?: unknown }; text: string }> = [];
  const record = (fields: object, text: string) => logged.push({ fields, text });
  const log = { ...silentLogger, debug: () => {}, info: () => {}, warn: record, error: record, child: () => log } as unknown as Logger;
  const front = await startTestFront(t, { listCards: async () => Promise.reject(new Error('password is hunter2')) }, { log });
  const response = await fetch(`${front.url}/agents`);
  t.equal(response.status, 500);
  const { error } = (await response.json()) as { error: { code: string; message: string; requestId: string } };
  t.match(error, { code: 'INTERNAL', message: 'Internal error' });
  t.equal(logged.length, 1);
  t.equal(logged[0]?.fields.requestId, error.requestId);
  t.match(logged[0]?.text, 'hunter2');
});

t.test('a failure with a waiting time says Retry-After', async (t) => {
  const front = await startTestFront(t, { handleJsonRpc: async () => Promise.reject(new AppError('OVERLOADED', { retryAfterMs: 1_500 })) });
  const response = await fetch(`${front.url}/agents/a`, RPC);
  t.equal(response.status, 503);
  t.equal(response.headers.get('retry-after'), '2');
});

t.test('a body over the limit is refused in the shape of its path and names the setting', async (t) => {
  const front = await startTestFront(t, {}, { limits: { maxBodyBytes: 10 } });
  const response = await fetch(`${front.url}/agents/a`, RPC);
  t.equal(response.status, 413);
  t.match(await response.json(), { id: null, error: { code: -32600, message: /max_body_bytes/ } });
  const elsewhere = await fetch(`${front.url}/health`, RPC);
  t.match(await elsewhere.json(), { error: { code: 'HTTP_BODY_TOO_LARGE', message: /max_body_bytes/ } });
});

async function json(url: string, init?: RequestInit): Promise<unknown> {
  return (await fetch(url, init)).json();
}

function served(card: object): ServedCard {
  return { json: JSON.stringify(card), changedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678), isPrivate: false };
}
