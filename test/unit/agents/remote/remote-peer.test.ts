/** How a remote agent is found, called and guarded against (AGT-40, AGT-41, P10). */
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import t, { type Test } from 'tap';
import { RemotePeer } from '../../../../src/agents/remote/remote-peer.js';
import { systemClock } from '../../../../src/base/clock.js';
import type { RemoteAgentSettings } from '../../../../src/config/remote-settings.js';
import { silentLogger } from '../../../../src/observe/log.js';

const SIGNAL = new AbortController().signal;
const MESSAGE = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] } as const;

function settings(change: Partial<RemoteAgentSettings>): RemoteAgentSettings {
  return {
    ...{ url: undefined, agentCardUrl: undefined, agentCardFile: undefined, headers: {}, credentials: undefined },
    ...{ timeoutMs: 2_000, idleTimeoutMs: 2_000, maxOutageMs: 2_000, allowPrivate: ['127.0.0.1'], effect: 'idempotent' },
    ...change,
  };
}

function createPeer(change: Partial<RemoteAgentSettings>, addresses?: readonly string[]): RemotePeer {
  const resolve = async () => (addresses ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const options = { name: 'far', settings: settings(change), clock: systemClock, log: silentLogger };
  return new RemotePeer(addresses === undefined ? options : { ...options, resolve });
}

async function serve(t: Test, answer: (request: IncomingMessage, response: ServerResponse, url: string) => void) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'} ${request.headers['if-none-match'] ?? '-'}`);
    answer(request, response, url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url, seen };
}

const card = (url: string, more: object = {}) => ({
  name: 'far',
  supportedInterfaces: [{ url: `${url}/a2a`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  capabilities: { streaming: false },
  ...more,
});

t.test('addresses that are not public are refused, whatever names them (P10)', async (t) => {
  const refused = [
    ...['http://127.0.0.1/', 'http://127.1.2.3:8080/', 'http://10.0.0.8/', 'http://172.16.4.4/', 'http://192.168.1.1/', 'http://0.0.0.0/'],
    ...[
      'http://169.254.169.254/latest',
      'http://100.64.0.1/',
      'http://[::1]/',
      'http://[fd00::1]/',
      'http://[fe80::1]/',
      'http://2130706433/',
    ],
    ...['http://0x7f000001/', 'http://0177.0.0.1/', 'http://[::ffff:127.0.0.1]/', 'http://[64:ff9b::7f00:1]/'],
  ];
  for (const url of refused)
    await t.rejects(
      createPeer({ url, allowPrivate: [] }).card(SIGNAL),
      { code: 'ADDRESS_NOT_ALLOWED', message: /agents\.far\.allow_private/ },
      url,
    );
  for (const addresses of [['127.0.0.1'], ['93.184.216.34', '10.0.0.1'], ['::1'], []])
    await t.rejects(
      createPeer({ url: 'http://agent.example/', allowPrivate: [] }, addresses).card(SIGNAL),
      { code: 'ADDRESS_NOT_ALLOWED' },
      `agent.example is ${addresses.join(' and ')}`,
    );
});

t.test('a redirect, or the card itself, leads to no address that the guard refuses', async (t) => {
  const { url } = await serve(t, (request, response, own) => {
    if (request.url?.startsWith('/to')) response.writeHead(302, { location: 'http://169.254.169.254/card' }).end();
    else if (request.url?.startsWith('/loop')) response.writeHead(302, { location: request.url }).end();
    else response.end(JSON.stringify(card(request.url?.startsWith('/inner') ? 'http://10.1.2.3' : own)));
  });
  await t.rejects(createPeer({ url: `${url}/to` }).card(SIGNAL), { code: 'ADDRESS_NOT_ALLOWED' });
  await t.rejects(createPeer({ url: `${url}/loop` }).card(SIGNAL), { code: 'REMOTE_REFUSED', message: /redirects/ });
  await t.rejects(createPeer({ url: `${url}/inner` }).send(MESSAGE, SIGNAL), { code: 'ADDRESS_NOT_ALLOWED' });
});

t.test('credentials go to the host of url alone: not along a redirect, not where a card points', async (t) => {
  const other = await serve(t, (_request, response, own) => void response.end(JSON.stringify(card(own))));
  const { url } = await serve(t, (request, response, own) => {
    if (request.url?.startsWith('/moved')) response.writeHead(302, { location: `${other.url}/card` }).end();
    else response.end(JSON.stringify(card(request.url?.startsWith('/near') ? own : other.url)));
  });
  const headers = { Authorization: 'Bearer secret' };
  await t.rejects(createPeer({ url: `${url}/moved`, headers }).card(SIGNAL), { code: 'REMOTE_CARD_UNUSABLE', message: /set url/ });
  t.match(other.seen, ['GET /card - -']);
  await t.rejects(createPeer({ url: `${url}/far`, headers }).card(SIGNAL), { code: 'REMOTE_CARD_UNUSABLE', message: /set url/ });
  await createPeer({ url: `${url}/near`, headers }).card(SIGNAL);
  await createPeer({ url: other.url, agentCardUrl: `${url}/far`, headers }).card(SIGNAL);
  t.equal(
    (await createPeer({ url: `${url}/far` }).card(SIGNAL)).interface.url.origin,
    other.url,
    'without anything secret it may be anywhere',
  );
});

t.test('cards: agent-card.json, then agent.json; a file; one address; kept, and asked for again by its ETag (AGT-40, W-27)', async (t) => {
  const { url, seen } = await serve(t, (request, response, own) => {
    if (request.url !== '/agents/a/.well-known/agent.json') response.writeHead(404).end();
    else if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
    else
      response
        .writeHead(200, { etag: '"1"' })
        .end(JSON.stringify({ url: `${own}/x`, protocolVersion: '0.3.0', capabilities: { streaming: true } }));
  });
  const peer = createPeer({ url: `${url}/agents/a/` });
  t.match(await peer.card(SIGNAL), { interface: { version: '0.3', binding: 'JSONRPC' }, streaming: true, isReliable: false });
  await peer.card(SIGNAL);
  peer.forgetCard();
  t.match(await peer.card(SIGNAL), { interface: { version: '0.3' } });
  const at = '/agents/a/.well-known';
  t.same(seen, [`GET ${at}/agent-card.json - -`, `GET ${at}/agent.json - -`, `GET ${at}/agent.json - "1"`]);
  await t.rejects(createPeer({ url: `${url}/none` }).card(SIGNAL), {
    code: 'REMOTE_CARD_UNUSABLE',
    message: /none\/\.well-known\/agent-card\.json and .*agent\.json/,
  });
  const file = path.join(t.testdir({}), 'card.json');
  await writeFile(file, JSON.stringify(card('http://203.0.113.9')));
  t.equal((await createPeer({ agentCardFile: file, headers: { A: 'b' } }).card(SIGNAL)).interface.url.host, '203.0.113.9');
  await t.rejects(createPeer({ agentCardFile: `${file}.gone` }).card(SIGNAL), { code: 'REMOTE_CARD_UNUSABLE', message: /no such file/ });
});

t.test('answers that are no answers have names', async (t) => {
  const answers: Record<string, [number, string, Record<string, string>?]> = {
    '/page': [200, '<html>'],
    '/nothing': [200, '{"jsonrpc":"2.0","id":1,"result":{"what":1}}'],
    '/login': [401, ''],
    '/busy': [503, '{"error":{"code":-32603,"message":"later"}}', { 'retry-after': '7' }],
    '/gone': [200, '{"error":{"code":-32001,"message":"no such task"}}'],
    '/cannot': [200, '{"error":{"code":-32004,"message":"not here"}}'],
    '/reason': [404, '{"error":{"code":404,"message":"no task","details":[{"reason":"TASK_NOT_FOUND"}]}}'],
    '/type': [200, '{"error":{"code":-32005,"message":"no such media type"}}'],
    '/moved': [307, '', { location: '/page' }],
  };
  const { url } = await serve(t, (request, response, own) => {
    if (request.method === 'GET') {
      const name = request.url?.split('/')[1];
      response.end(
        JSON.stringify(card(own, { supportedInterfaces: [{ url: `${own}/${name}`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }] })),
      );
      return;
    }
    const [status, body, headers] = answers[request.url ?? ''] ?? [500, ''];
    response.writeHead(status, headers).end(body);
  });
  const send = (name: string) => createPeer({ url: `${url}/${name}` }).send(MESSAGE, SIGNAL);
  await t.rejects(send('page'), { code: 'REMOTE_BAD_RESPONSE', message: /no JSON/ });
  await t.rejects(send('nothing'), { code: 'REMOTE_BAD_RESPONSE', message: /none of task, message/ });
  await t.rejects(send('login'), { code: 'REMOTE_UNAUTHORIZED' });
  await t.rejects(send('busy'), { code: 'REMOTE_UNAVAILABLE', message: 'later', retryAfterMs: 7_000, details: { arrived: false } });
  await t.rejects(send('gone'), { code: 'REMOTE_TASK_UNKNOWN', message: 'no such task' });
  await t.rejects(send('reason'), { code: 'REMOTE_TASK_UNKNOWN' });
  await t.rejects(send('cannot'), { code: 'REMOTE_UNSUPPORTED' });
  await t.rejects(send('type'), { code: 'REMOTE_REFUSED', message: 'no such media type' });
  await t.rejects(send('moved'), { code: 'REMOTE_REFUSED', message: /redirects/ });
  await t.rejects(createPeer({ url: 'http://127.0.0.1:1/' }).card(SIGNAL), { code: 'REMOTE_UNAVAILABLE', details: { arrived: false } });
});

t.test('a server that says nothing is given up after the timeout, a stream after its idle timeout', async (t) => {
  const { url } = await serve(t, (request, response, own) => {
    if (request.url?.startsWith('/mute')) return;
    if (request.method === 'GET') response.end(JSON.stringify(card(own, { capabilities: { streaming: true } })));
    else response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n');
  });
  await t.rejects(createPeer({ url: `${url}/mute`, timeoutMs: 100 }).card(SIGNAL), { code: 'REMOTE_UNAVAILABLE', message: /100 ms/ });
  const stream = createPeer({ url, idleTimeoutMs: 150 }).sendStreaming(MESSAGE, SIGNAL);
  await t.rejects(stream.next(), { code: 'REMOTE_UNAVAILABLE', message: /150 ms/ });
  const stop = new AbortController();
  const waiting = createPeer({ url }).sendStreaming(MESSAGE, stop.signal).next();
  stop.abort();
  await t.rejects(waiting, { code: 'STEP_ABORTED' });
});
