import type { Test } from 'tap';
import { hasCode } from '../../src/base/errors.js';
import type { HttpHandler } from '../../src/http/server.js';
import { waitFor } from '../support/coordination-steps.js';
import { RawHttpClient } from '../support/raw-http-client.js';
import { type HttpAdapter, moment, SMALL_LIMITS, startServer } from './http-server.js';

/** Echoes what the adapter understood. */
const echo: HttpHandler = async (request) => {
  const { method, path, query, headers, body, remoteAddress } = request;
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ method, path, query, headers, bytes: body.length, remoteAddress }),
  };
};

/** Requests and plain responses. */
export function requestContract(t: Test, adapter: HttpAdapter): void {
  t.test('a request arrives whole: method, path as sent, query, lower-case and joined headers, body, address', async (t) => {
    const { port } = await startServer(t, adapter, echo);
    const client = raw(t, port).send(
      'POST /a%20b/%C3%A9?x=1&y=%26 HTTP/1.1\r\nHost: h\r\nX-Thing: 1\r\nx-thing: 2\r\nAuthorization: a\r\nContent-Length: 3\r\n\r\nabc',
    );
    const seen = JSON.parse((await client.until('}')).split('\r\n\r\n')[1] as string) as Record<string, unknown>;
    t.match(seen, { method: 'POST', path: '/a%20b/%C3%A9', query: 'x=1&y=%26', bytes: 3, remoteAddress: '127.0.0.1' });
    t.match(seen.headers, { host: 'h', 'x-thing': '1, 2', authorization: 'a' });
  });

  t.test('a path with raw UTF-8 is read as UTF-8 or refused, never misread', async (t) => {
    const { port } = await startServer(t, adapter, echo);
    const client = raw(t, port).send('GET /grüße HTTP/1.1\r\nHost: h\r\n\r\n');
    await client.until('}');
    if (adapter.rawUtf8Path.result === 'refused') t.match(client.text, /^HTTP\/1.1 400 /, adapter.rawUtf8Path.reason);
    else t.match(Buffer.from(client.text, 'latin1').toString('utf8'), '"path":"/grüße"');
  });

  t.test('a body of exactly the limit passes; one byte more is 413, declared or chunked', async (t) => {
    const { port } = await startServer(t, adapter, echo);
    const { maxBodyBytes } = SMALL_LIMITS;
    const url = `http://127.0.0.1:${port}/`;
    t.match(await (await fetch(url, { method: 'POST', body: 'x'.repeat(maxBodyBytes) })).json(), { bytes: maxBodyBytes });
    const declared = await fetch(url, { method: 'POST', body: 'x'.repeat(maxBodyBytes + 1) });
    t.equal(declared.status, 413);
    t.same(await declared.json(), { refused: 'HTTP_BODY_TOO_LARGE' });
    const client = raw(t, port).send('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let sent = 0; sent <= maxBodyBytes; sent += 8192) client.send(`2000\r\n${'x'.repeat(8192)}\r\n`);
    t.match(await client.until('}'), /^HTTP\/1.1 413 [\s\S]*HTTP_BODY_TOO_LARGE/);
  });

  t.test('an upload of 50 MB is refused with an answer the client can read, and the server goes on', { timeout: 20_000 }, async (t) => {
    const { port } = await startServer(t, adapter, echo);
    for (const chunked of [false, true]) {
      const client = raw(t, port);
      // The hardest client: it reads nothing before it has written everything.
      client.socket.pause();
      client.send(`POST / HTTP/1.1\r\nHost: h\r\n${chunked ? 'Transfer-Encoding: chunked' : 'Content-Length: 50000000'}\r\n\r\n`);
      const megabyte = Buffer.alloc(1_000_000);
      for (let sent = 0; sent < 50; sent++)
        client.send(chunked ? Buffer.concat([Buffer.from('F4240\r\n'), megabyte, Buffer.from('\r\n')]) : megabyte);
      const failure = await new Promise((resolve) => client.socket.write(chunked ? '0\r\n\r\n' : '', resolve));
      t.notOk(failure, 'the whole upload is taken');
      client.socket.resume();
      t.match(await client.until('}'), /^HTTP\/1.1 413 [\s\S]*HTTP_BODY_TOO_LARGE/);
    }
    t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
  });

  t.test('bodies that have not arrived whole have a limit together: beyond it 503, and room again when one comes or goes', async (t) => {
    const { port } = await startServer(t, adapter, echo, { maxPendingBodyBytes: 110_000 });
    const begin = () => raw(t, port).send(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n${'x'.repeat(50_000)}`);
    const clients = [begin(), begin(), begin()];
    const refused = await Promise.any(clients.map((client) => client.until('}').then(() => client)));
    t.match(refused.text, /^HTTP\/1.1 503 [\s\S]*HTTP_TOO_MANY_BODIES/);
    const [first, second] = clients.filter((client) => client !== refused);
    first?.send('x'.repeat(10_000));
    t.match(await first?.until('}'), '"bytes":60000', 'who was let in is served');
    second?.socket.destroy();
    const big = () => fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x'.repeat(60_000) });
    // What the one that left had sent is given back when its leaving is noticed.
    await waitFor(async () => (await Promise.all([big(), big()])).every(({ status }) => status === 200));
  });

  t.test('chunked bodies are joined, and Expect: 100-continue is told to go on', async (t) => {
    const { port } = await startServer(t, adapter, echo);
    const client = raw(t, port).send('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n');
    await client.until('100 Continue');
    client.send('3\r\nabc\r\n').send('4\r\ndefg\r\n0\r\n\r\n');
    t.match(await client.until('}'), '"bytes":7');
  });

  t.test('requests follow each other on one connection, HEAD and 304 included', async (t) => {
    const { port } = await startServer(t, adapter, async ({ path }) => ({
      status: path === '/304' ? 304 : 200,
      headers: { etag: '"1"' },
      body: path === '/304' ? '' : path,
    }));
    const client = raw(t, port);
    await client.send('HEAD /head HTTP/1.1\r\nHost: h\r\n\r\n').until('\r\n\r\n');
    t.match(client.text, /content-length: 5/i);
    t.notMatch(client.text, '/head', 'HEAD has no body');
    await client.send('GET /304 HTTP/1.1\r\nHost: h\r\n\r\n').until('304');
    await client.send('GET /last HTTP/1.1\r\nHost: h\r\n\r\n').until('/last');
    t.notMatch(client.text, /304[\s\S]*content-length: 0[\s\S]*last/i, '304 claims no length');
  });

  t.test('pipelined requests that are answered at once come back in order', async (t) => {
    const { port } = await startServer(t, adapter, async ({ path }) => ({ status: 200, headers: {}, body: `<${path}>` }));
    const client = raw(t, port).send('GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n');
    t.match(await client.until('</2>'), /<\/1>[\s\S]*<\/2>/);
  });

  t.test('a response of 8 MB reaches a client that reads late', async (t) => {
    const body = Buffer.alloc(8_000_000, 'x');
    const { port } = await startServer(t, adapter, async () => ({ status: 200, headers: {}, body }));
    const client = raw(t, port);
    client.socket.pause();
    client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    setTimeout(() => client.socket.resume(), 200);
    await client.until(({ bytesReceived }) => bytesReceived > body.length);
    t.pass();
  });

  t.test('a response that takes long is not cut, and its signal stays quiet', async (t) => {
    const release = moment();
    let signal: AbortSignal | undefined;
    const { port } = await startServer(
      t,
      adapter,
      async (request) => {
        signal = request.signal;
        await release.reached;
        return { status: 200, headers: {}, body: 'late' };
      },
      { requestTimeoutMs: 100 },
    );
    const client = raw(t, port).send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}');
    setTimeout(() => release.reach(), 400);
    await client.until('late');
    t.equal(signal?.aborted, false);
  });

  t.test('a handler that throws is a bare 500; a header value with a line break too', async (t) => {
    const { port } = await startServer(t, adapter, async ({ path }) => {
      if (path === '/throw') throw new Error('secret');
      return { status: 200, headers: { 'x-forged': 'a\r\nset-cookie: b' }, body: '' };
    });
    for (const path of ['/throw', '/header']) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      t.equal(response.status, 500);
      t.equal(await response.text(), '');
      t.equal(response.headers.get('set-cookie'), null);
    }
  });

  t.test('connection: close in the response closes the connection after it', async (t) => {
    const { port } = await startServer(t, adapter, async () => ({ status: 503, headers: { connection: 'close' }, body: 'bye' }));
    const client = raw(t, port).send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await client.ended;
    t.match(client.text, /connection: close[\s\S]*bye/i);
  });

  t.test('a taken port is an error that names the address and the cure', async (t) => {
    const first = await startServer(t, adapter, echo);
    const second = adapter.start({
      host: '127.0.0.1',
      port: first.port,
      handler: echo,
      limits: SMALL_LIMITS,
      refuse: () => ({ status: 400, headers: {}, body: '' }),
    });
    const error = await second.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    t.ok(hasCode(error, 'HTTP_ADDRESS_IN_USE'));
    t.match((error as Error).message, `127.0.0.1:${first.port}`);
    t.match((error as Error).message, 'server.port');
  });

  t.test('an address that is not ours is an error that names server.host', async (t) => {
    const error = await adapter
      .start({ host: '203.0.113.1', port: 0, handler: echo, limits: SMALL_LIMITS, refuse: () => ({ status: 400, headers: {}, body: '' }) })
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    t.ok(hasCode(error, 'HTTP_ADDRESS_UNAVAILABLE'));
    t.match((error as Error).message, 'server.host');
  });

  t.test('after stopListening nobody gets in, and what runs goes on', async (t) => {
    const release = moment();
    const entered = moment();
    const server = await startServer(t, adapter, async () => {
      entered.reach();
      await release.reached;
      return { status: 200, headers: {}, body: 'finished' };
    });
    const client = raw(t, server.port).send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await entered.reached;
    server.stopListening();
    server.stopListening();
    await t.rejects(fetch(`http://127.0.0.1:${server.port}/`));
    release.reach();
    await client.until('finished');
    await server.close();
    await server.close();
    await client.ended;
  });
}

function raw(t: Test, port: number): RawHttpClient {
  const client = new RawHttpClient(port);
  t.teardown(() => client.close());
  return client;
}
