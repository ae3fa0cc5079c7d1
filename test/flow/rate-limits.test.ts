/** Limits of callers through the front door: every binding, two processes, the offline model's own tokens (CFG-86, SEC-09…12, Z4). */
import { join } from 'node:path';
import Connection from 'better-sqlite3';
import t, { type Test } from 'tap';
import { sha256Hex } from '../../src/base/json.js';
import { rpc, userMessage } from '../support/a2a-client.js';
import { callsOf, connectClient } from '../support/grpc-rig.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';

const KEYS = { ann: 'key-of-ann-and-nobody-else', bob: 'key-of-bob-and-nobody-else' };
const as = (who: keyof typeof KEYS) => ({ authorization: `Bearer ${KEYS[who]}` });

async function start(t: Test, rateLimiting: Record<string, unknown>, directory?: string, server: Record<string, unknown> = {}) {
  const api_keys = Object.entries(KEYS).map(([name, key]) => ({ name, hash: `sha256:${sha256Hex(key)}` }));
  const hector = await startTestHector(t, {
    ...(directory === undefined ? {} : { directory }),
    config: {
      llms: { default: { provider: 'offline' } },
      server: { grpc_port: 0, mcp: { enabled: true }, auth: { enabled: true, api_keys }, ...server },
      rate_limiting: { enabled: true, scope: 'user', ...rateLimiting },
      agents: { clerk: { tools: ['request_approval'] } },
      tools: { request_approval: { type: 'function', handler: 'request_approval' } },
      observability: { metrics: { enabled: true } },
    } as never,
  });
  const post = (path: string, body: unknown, headers: Record<string, string>) =>
    fetch(`${hector.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers },
      body: JSON.stringify(body),
    });
  return {
    hector,
    grpc: callsOf(connectClient(t, hector.grpcPort as number)),
    jsonRpc: (method: string, params: unknown, headers: Record<string, string>) =>
      post('/agents/clerk', { jsonrpc: '2.0', id: 1, method, params }, headers),
    rest: (text: string, headers: Record<string, string>) => post('/agents/clerk/message:send', { message: userMessage(text) }, headers),
  };
}

t.test(
  'one limit for all bindings and processes; who is over it is told when to come back (SEC-10, Z4, W-03)',
  { timeout: 120_000 },
  async (t) => {
    const directory = await temporaryDirectory(t);
    const limits = { limits: [{ type: 'count', window: 'hour', limit: 4 }] };
    const one = await start(t, limits, directory);
    const other = await start(t, limits, directory);
    const message = userMessage('Hello');
    const first = await one.jsonRpc('SendMessage', { message }, as('ann'));
    t.equal(first.headers.get('x-ratelimit-limit'), '4');
    t.equal(first.headers.get('x-ratelimit-remaining'), '3');
    const reset = Number(first.headers.get('x-ratelimit-reset'));
    t.ok(Math.abs(reset - Date.now() / 1_000 - 3_600) < 60, `${reset}`);
    t.equal((await other.rest('Hello', as('ann'))).headers.get('x-ratelimit-remaining'), '2');
    const third = await one.grpc.call('SendMessage', { tenant: 'clerk', message: userMessage('Hello') }, { metadata: as('ann') });
    t.same([third.message, third.headers.get('x-ratelimit-remaining')], ['OK', ['1']]);
    const stream = await other.jsonRpc(
      'SendStreamingMessage',
      { message: userMessage('Hello') },
      { ...as('ann'), accept: 'text/event-stream' },
    );
    t.equal(stream.headers.get('x-ratelimit-remaining'), '0');
    await stream.text();

    const refused = await one.jsonRpc('SendMessage', { message: userMessage('Hello') }, as('ann'));
    t.equal(refused.status, 429);
    const wait = Number(refused.headers.get('retry-after'));
    t.ok(wait > 3_500 && wait <= 3_600, `${wait}`);
    t.equal(refused.headers.get('x-ratelimit-remaining'), '0');
    const { error } = (await refused.json()) as { error: { code: number; message: string; data: Record<string, unknown>[] } };
    t.equal(error.code, -32603);
    t.match(error.message, /^The limit of 4 messages per hour and user is used up; try again in \d+ s$/);
    t.match(error.data, [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'RATE_LIMIT_EXCEEDED', domain: 'hector' },
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [{ subject: 'user', description: '4 of 4 messages per hour and user' }],
      },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: /^3[56]\d\d(\.\d+)?s$/ },
    ]);
    const overRest = await other.rest('Hello', as('ann'));
    t.equal(overRest.status, 429);
    t.match(await overRest.json(), { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } });
    t.ok(overRest.headers.get('retry-after'));
    const overGrpc = await other.grpc.call('SendMessage', { tenant: 'clerk', message: userMessage('Hello') }, { metadata: as('ann') });
    t.equal(overGrpc.code, 8, 'RESOURCE_EXHAUSTED');
    t.match(overGrpc.details, [{ reason: 'RATE_LIMIT_EXCEEDED' }, { violations: [{ subject: 'user' }] }, {}]);
    t.same(overGrpc.trailers.get('x-ratelimit-limit'), ['4']);

    const again = await other.jsonRpc('SendMessage', { message }, as('ann'));
    t.equal(again.status, 200, 'a message that was accepted before finds its task (R11)');
    t.equal((await one.jsonRpc('ListTasks', {}, as('ann'))).status, 200, 'what is read is no message');
    t.equal((await one.rest('Hello', { ...as('bob'), 'x-user-id': 'ann', 'x-session-id': 'x', 'x-forwarded-for': '1.2.3.4' })).status, 200);
    const forged = await one.rest('Hello', {
      ...as('ann'),
      'x-user-id': 'somebody',
      'x-session-id': 'another',
      'x-forwarded-for': '1.2.3.4',
    });
    t.equal(forged.status, 429, 'headers make nobody another one (SEC-11, W-105)');
    const page = await (await fetch(`${one.hector.url}/metrics`)).text();
    t.match(page, /^hector_rate_limited_total\{type="count",window="hour",scope="user"\} 2$/m);
  },
);

t.test('requests of every kind, tokens, and runs at work', { timeout: 120_000 }, async (t) => {
  await t.test('every call of A2A and MCP is a request (Z4)', async (t) => {
    const { hector, jsonRpc, grpc } = await start(t, { limits: [{ type: 'request', window: 'hour', limit: 3 }] });
    t.equal((await jsonRpc('ListTasks', {}, as('ann'))).headers.get('x-ratelimit-remaining'), '2');
    t.equal((await grpc.call('GetTask', { tenant: 'clerk', id: 'none' }, { metadata: as('ann') })).code, 5);
    const mcp = await fetch(`${hector.url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...as('ann') },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'clerk', arguments: { request: 'Hello' } } }),
    });
    t.notMatch(await mcp.text(), /is used up/);
    t.equal((await jsonRpc('ListTasks', {}, as('ann'))).status, 429);
    t.equal((await jsonRpc('ListTasks', {}, as('bob'))).status, 200);
  });

  await t.test('tokens that a run used delay the next message of its session', async (t) => {
    const { hector } = await start(t, { scope: 'session', limits: [{ type: 'token', window: 'day', limit: 1 }] });
    const url = `${hector.url}/agents/clerk`;
    const headers = { 'a2a-version': '1.0', ...as('ann') };
    const send = (contextId: string) => rpc(url, 'SendMessage', { message: userMessage('Hello', { contextId }) }, headers);
    t.match((await send('first')).body.result?.task?.status, { state: 'TASK_STATE_COMPLETED' });
    t.match((await send('first')).body.error, { message: /1 tokens per day and session is used up/ });
    t.match((await send('second')).body.result?.task?.status, { state: 'TASK_STATE_COMPLETED' });
  });

  await t.test('runs at work: those that wait for somebody or have ended do not count', async (t) => {
    const { hector } = await start(t, { max_active_runs: 1 });
    const url = `${hector.url}/agents/clerk`;
    const send = (text: string, extra = {}) =>
      rpc(url, 'SendMessage', { message: userMessage(text, extra) }, { 'a2a-version': '1.0', ...as('ann') });
    for (let n = 0; n < 3; n++) t.match((await send('Hello')).body.result?.task?.status, { state: 'TASK_STATE_COMPLETED' });
    const waiting = await send('call request_approval {"action": "refund", "reason": "broken"}');
    t.match(waiting.body.result?.task?.status, { state: 'TASK_STATE_INPUT_REQUIRED' });
    t.match((await send('Hello')).body.result?.task?.status, { state: 'TASK_STATE_COMPLETED' });
    const replies = await Promise.all([send('Hello'), send('Hello'), send('Hello'), send('Hello')]);
    t.ok(replies.some(({ status }) => status === 429));
    t.ok(replies.some(({ status }) => status === 200));
  });
});

t.test(
  'guesses at credentials are limited by address over all doors and processes, and so is the management API (SEC-09)',
  { timeout: 60_000 },
  async (t) => {
    const directory = await temporaryDirectory(t);
    const server = { limits: { max_failed_logins: 4, max_management_requests: 6 } };
    const one = await start(t, { enabled: false }, directory, server);
    const other = await start(t, { enabled: false }, directory, server);
    const guess = (name: string) => ({ authorization: `Bearer guess-${name}` });
    const tasks = (hector: { readonly url: string }, headers: Record<string, string>) =>
      fetch(`${hector.url}/api/tasks/x/why`, { headers });
    t.equal((await one.rest('Hello', as('bob'))).status, 200);
    t.equal((await one.jsonRpc('SendMessage', { message: userMessage('x') }, guess('a'))).status, 401);
    t.equal((await one.grpc.call('SendMessage', { message: userMessage('x') }, { metadata: guess('b') })).code, 16);
    t.equal((await one.rest('x', guess('c'))).status, 401);
    t.equal((await tasks(one.hector, guess('d'))).status, 401);
    const refused = await one.rest('x', as('ann'));
    t.equal(refused.status, 429, 'the right key of somebody who has not come in yet');
    const wait = Number(refused.headers.get('retry-after'));
    t.ok(wait > 50 && wait <= 60, `${wait}`);
    t.match(await refused.text(), /4 wrong credentials per minute and address is used up \(server\.limits\.max_failed_logins\)/);
    t.equal((await one.grpc.call('SendMessage', { message: userMessage('x') }, { metadata: as('ann') })).code, 8);
    t.equal((await one.rest('Hello', as('bob'))).status, 200, 'who came in before');
    t.equal((await other.rest('x', guess('e'))).status, 401);
    t.equal((await other.rest('x', as('ann'))).status, 429);
    // One of these is counted above.
    for (let call = 0; call < 5; call++)
      t.equal((await tasks(call % 2 === 0 ? one.hector : other.hector, as('bob'))).status === 429, call % 2 === 1);
    const full = await tasks(one.hector, as('bob'));
    t.equal(full.status, 429);
    t.match(await full.json(), {
      error: { code: 'ACCESS_RATE_LIMITED', message: /6 requests to the management API per minute and address/ },
    });
    t.ok(Number(full.headers.get('retry-after')) > 0);
  },
);

t.test('with backend sql the windows are in the database (CFG-86)', { timeout: 60_000 }, async (t) => {
  const { hector, rest } = await start(t, { backend: 'sql', limits: [{ type: 'count', window: 'week', limit: 2 }] });
  t.equal((await rest('Hello', as('ann'))).headers.get('x-ratelimit-remaining'), '1');
  t.equal((await rest('Hello', as('ann'))).status, 200);
  t.equal((await rest('Hello', as('ann'))).status, 429);
  t.equal((await rest('Hello', as('bob'))).status, 200);
  const database = new Connection(join(hector.directory, '.hector', 'hector.db'), { readonly: true });
  t.teardown(() => database.close());
  t.same(database.prepare('SELECT used FROM rate_windows ORDER BY used').pluck().all(), [1, 2]);
});
