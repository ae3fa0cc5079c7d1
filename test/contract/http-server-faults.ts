import type { Test } from 'tap';
import type { HttpHandler } from '../../src/http/server.js';
import { RawHttpClient } from '../support/raw-http-client.js';
import { type HttpAdapter, moment, startServer } from './http-server.js';

const ok: HttpHandler = async () => ({ status: 200, headers: {}, body: 'ok' });

/** What clients do wrong. After each, the server answers the next one. */
export function faultContract(t: Test, adapter: HttpAdapter): void {
  const malformed: Record<string, string> = {
    'a line that is no request': 'NONSENSE\r\n\r\n',
    'a length that is no number': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -3\r\n\r\nabc',
    'a length and chunks at once': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc',
    'two different lengths': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde',
    'a chunk without a size': 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n',
  };
  for (const [name, bytes] of Object.entries(malformed)) {
    t.test(`${name} is refused, the connection closed, and the server goes on`, async (t) => {
      let calls = 0;
      const { port } = await startServer(t, adapter, async () => {
        calls += 1;
        return { status: 200, headers: {}, body: 'ok' };
      });
      const client = raw(t, port).send(bytes);
      await client.ended;
      t.match(client.text, /^HTTP\/1.1 (400|505) /);
      if (adapter.malformed.answeredBy === 'refuse') t.match(client.text, '{"refused":"REQUEST_INVALID"}');
      t.equal(calls, 0);
      t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
    });
  }

  t.test('headers beyond the limit are 431, at once or in pieces', async (t) => {
    const { port } = await startServer(t, adapter, ok);
    const atOnce = raw(t, port).send(`GET / HTTP/1.1\r\nHost: h\r\nX-Big: ${'x'.repeat(40_000)}\r\n\r\n`);
    t.match(await atOnce.until('431'), /^HTTP\/1.1 431 /);
    const inPieces = raw(t, port).send('GET / HTTP/1.1\r\nHost: h\r\nX-Big: ');
    for (let sent = 0; sent < 40; sent++) {
      inPieces.send('x'.repeat(1_000));
      await new Promise(setImmediate);
    }
    t.match(await inPieces.until('431'), /^HTTP\/1.1 431 /);
    const fitting = raw(t, port).send('GET / HTTP/1.1\r\nHost: h\r\nX-Fits: ');
    for (let sent = 0; sent < 12; sent++) {
      fitting.send('x'.repeat(1_000));
      await new Promise(setImmediate);
    }
    t.match(await fitting.send('\r\n\r\n').until('ok'), /^HTTP\/1.1 200 /);
    t.equal((await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-fits': 'x'.repeat(12_000) } })).status, 200);
  });

  t.test('a client that goes away in mid-body never reaches the handler', async (t) => {
    let calls = 0;
    const { port } = await startServer(t, adapter, async () => {
      calls += 1;
      return { status: 200, headers: {}, body: 'ok' };
    });
    const client = raw(t, port).send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc');
    await new Promise((resolve) => client.socket.once('connect', resolve));
    client.close();
    await client.closed;
    t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
    t.equal(calls, 1, 'only the second request');
  });

  t.test('a body that does not arrive in time is 408 and closes', async (t) => {
    const { port } = await startServer(t, adapter, ok, { requestTimeoutMs: 200 });
    const client = raw(t, port).send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc');
    await client.ended;
    t.match(client.text, /^HTTP\/1.1 408 [\s\S]*HTTP_REQUEST_TIMEOUT/);
  });

  t.test('a client that leaves aborts the signal of its request within a second', async (t) => {
    const entered = moment<AbortSignal>();
    const { port } = await startServer(t, adapter, async (request) => {
      entered.reach(request.signal);
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve, { once: true }));
      return { status: 200, headers: {}, body: 'to nobody' };
    });
    const client = raw(t, port).send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    const signal = await entered.reached;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    const leftAt = performance.now();
    client.close();
    await aborted;
    t.ok(performance.now() - leftAt < 1_000);
  });

  t.test('a client that half-closes after its request counts as gone: the signal aborts and the connection closes', async (t) => {
    const entered = moment<AbortSignal>();
    const release = moment();
    const { port } = await startServer(t, adapter, async (request) => {
      entered.reach(request.signal);
      await release.reached;
      return { status: 200, headers: {}, body: 'too late' };
    });
    const client = raw(t, port).send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}');
    const signal = await entered.reached;
    client.socket.end();
    await client.ended;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    release.reach();
    t.notMatch(client.text, 'too late');
  });

  t.test('a second request while the first is unanswered', async (t) => {
    const release = moment();
    const entered = moment();
    const { port } = await startServer(t, adapter, async ({ path }) => {
      if (path === '/1') {
        entered.reach();
        await release.reached;
      }
      return { status: 200, headers: {}, body: `<${path}>` };
    });
    const client = raw(t, port).send('GET /1 HTTP/1.1\r\nHost: h\r\n\r\n');
    await entered.reached;
    client.send('GET /2 HTTP/1.1\r\nHost: h\r\n\r\n');
    if (adapter.pipelining.whileUnanswered === 'closes') {
      await client.ended;
      t.equal(client.text, '', adapter.pipelining.reason);
      release.reach();
    } else {
      release.reach();
      t.match(await client.until('</2>'), /<\/1>[\s\S]*<\/2>/);
    }
  });
}

function raw(t: Test, port: number): RawHttpClient {
  const client = new RawHttpClient(port);
  t.teardown(() => client.close());
  return client;
}
