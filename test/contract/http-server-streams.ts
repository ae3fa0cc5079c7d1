import type { Test } from 'tap';
import type { StreamWriter } from '../../src/http/server.js';
import { RawHttpClient } from '../support/raw-http-client.js';
import { type HttpAdapter, moment, startServer } from './http-server.js';

const STREAM = { 'content-type': 'text/event-stream' };
const GET = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

/** Bodies that are written over time. */
export function streamContract(t: Test, adapter: HttpAdapter): void {
  t.test('the head leaves with the first chunk, later chunks as they are written, and the end ends the response', async (t) => {
    const writer = moment<StreamWriter>();
    const finish = moment();
    const { port } = await startServer(t, adapter, async () => ({
      status: 200,
      headers: STREAM,
      stream: async (opened) => {
        opened.write(': hello\n\n');
        writer.reach(opened);
        await finish.reached;
      },
    }));
    const client = raw(t, port).send(GET);
    t.match(await client.until(': hello'), /^HTTP\/1.1 200 OK\r\n[\s\S]*content-type: text\/event-stream/i);
    const opened = await writer.reached;
    t.equal(opened.write('data: é\n\n'), true);
    await client.until('data: Ã©');
    t.equal(opened.write(Buffer.from('data: bytes\n\n')), true);
    await client.until('data: bytes');
    t.equal(opened.bufferedBytes, 0);
    finish.reach();
    await client.until('\r\n0\r\n\r\n');
    t.equal(opened.signal.aborted, false);
    await client.send(GET).until(({ text }) => text.split(': hello').length === 3);
  });

  t.test('no time limit of requests cuts a stream that has begun (API-57, API-68, W-50)', { timeout: 20_000 }, async (t) => {
    const goOn = moment();
    const { port } = await startServer(
      t,
      adapter,
      async () => ({
        status: 200,
        headers: STREAM,
        stream: async (writer) => {
          writer.write('data: begin\n\n');
          await goOn.reached;
          writer.write('data: end\n\n');
        },
      }),
      { requestTimeoutMs: 100 },
    );
    const client = raw(t, port).send(GET);
    await client.until('begin');
    // Three requests, one behind the other, that take too long: the limit has passed as often.
    for (let late = 0; late < 3; late++) {
      const slow = raw(t, port).send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc');
      await slow.ended;
      t.match(slow.text, /^HTTP\/1\.1 408/);
    }
    goOn.reach();
    await client.until('data: end');
    t.pass('it was written to its end');
  });

  t.test('a stream without any chunk still has its head', async (t) => {
    const { port } = await startServer(t, adapter, async () => ({
      status: 200,
      headers: { ...STREAM, 'x-empty': '1' },
      stream: async () => {},
    }));
    const response = await fetch(`http://127.0.0.1:${port}/`);
    t.equal(response.headers.get('x-empty'), '1');
    t.equal(await response.text(), '');
  });

  t.test('a client that leaves in mid-stream aborts the signal, wakes drained() and makes writes harmless', async (t) => {
    const left = moment<number>();
    const { port } = await startServer(t, adapter, async () => ({
      status: 200,
      headers: STREAM,
      stream: async (writer) => {
        writer.write('data: 1\n\n');
        await new Promise((resolve) => writer.signal.addEventListener('abort', resolve));
        t.equal(writer.write('data: 2\n\n'), false);
        await writer.drained();
        t.equal(writer.bufferedBytes, 0);
        left.reach(performance.now());
      },
    }));
    const client = raw(t, port).send(GET);
    await client.until('data: 1');
    const leftAt = performance.now();
    client.close();
    t.ok((await left.reached) - leftAt < 1_000);
  });

  t.test('a stream whose client left before it began is still called, to let go of what it holds', async (t) => {
    const entered = moment();
    const called = moment<boolean>();
    const { port } = await startServer(t, adapter, async (request) => {
      entered.reach();
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
      return { status: 200, headers: STREAM, stream: async (writer) => called.reach(writer.signal.aborted) };
    });
    const client = raw(t, port).send(GET);
    await entered.reached;
    client.close();
    t.equal(await called.reached, true);
  });

  t.test('a stream behind an unanswered request is told too when its connection closes', async (t) => {
    const both = moment();
    const told: Promise<unknown>[] = [];
    const { port } = await startServer(t, adapter, async ({ signal }) => {
      told.push(new Promise((resolve) => signal.addEventListener('abort', resolve)));
      if (told.length === 2) both.reach();
      if (told.length === 1) await told[0];
      return {
        status: 200,
        headers: STREAM,
        stream: (writer) => new Promise((resolve) => writer.signal.addEventListener('abort', () => resolve())),
      };
    });
    const client = raw(t, port).send(GET + GET);
    // Where the library closes the connection instead, the first request alone is told.
    if (adapter.pipelining.whileUnanswered === 'answers-in-order') await both.reached;
    else await client.ended;
    client.close();
    await t.resolves(Promise.all(told));
  });

  t.test('a stream that fails cuts the connection, so that nobody takes it for complete', async (t) => {
    const { port } = await startServer(t, adapter, async () => ({
      status: 200,
      headers: STREAM,
      stream: async (writer) => {
        writer.write('data: 1\n\n');
        await new Promise(setImmediate);
        throw new Error('broken');
      },
    }));
    const client = raw(t, port).send(GET);
    await client.ended;
    t.match(client.text, 'data: 1');
    t.notMatch(client.text, '\r\n0\r\n\r\n');
  });

  t.test(
    'a slow reader is felt: writes say so, memory stays bounded, others are served, and every byte arrives in order',
    { timeout: 30_000 },
    async (t) => {
      const total = 24 * 1024 * 1024;
      const chunk = Buffer.alloc(32 * 1024, 'x');
      const blocked = moment();
      let peak = 0;
      const { port } = await startServer(t, adapter, async ({ path }) => {
        if (path === '/other') return { status: 200, headers: {}, body: 'fine' };
        return {
          status: 200,
          headers: STREAM,
          stream: async (writer) => {
            for (let sent = 0; sent < total; sent += chunk.length) {
              const goOn = writer.write(chunk);
              peak = Math.max(peak, writer.bufferedBytes);
              if (goOn) continue;
              blocked.reach();
              await writer.drained();
            }
            writer.write('THE END');
          },
        };
      });
      const client = raw(t, port);
      client.socket.pause();
      client.send(GET);
      await blocked.reached;
      t.equal(await (await fetch(`http://127.0.0.1:${port}/other`)).text(), 'fine');
      const tail = moment<string>();
      client.socket.on('data', (data: Buffer) => {
        if (data.toString('latin1').includes('THE END')) tail.reach('seen');
      });
      client.socket.resume();
      t.equal(await tail.reached, 'seen');
      t.ok(client.bytesReceived >= total);
      t.ok(peak <= 64 * 1024, `at most two chunks wait, saw ${peak}`);
    },
  );

  t.test('one chunk of 6 MB to a client that reads late arrives whole', { timeout: 20_000 }, async (t) => {
    const { port } = await startServer(t, adapter, async () => ({
      status: 200,
      headers: STREAM,
      stream: async (writer) => {
        writer.write('x'.repeat(6_000_000));
      },
    }));
    const client = raw(t, port);
    client.socket.pause();
    client.send(GET);
    setTimeout(() => client.socket.resume(), 300);
    await t.resolves(client.until(({ bytesReceived }) => bytesReceived > 6_000_000, 10_000));
  });

  t.test('500 streams at once each receive every event', { timeout: 60_000 }, async (t) => {
    const writers: StreamWriter[] = [];
    const all = moment();
    const finish = moment();
    const { port } = await startServer(t, adapter, async () => ({
      status: 200,
      headers: STREAM,
      stream: async (writer) => {
        writer.write(': open\n\n');
        writers.push(writer);
        if (writers.length === 500) all.reach();
        await finish.reached;
      },
    }));
    const clients = Array.from({ length: 500 }, () => raw(t, port).send(GET));
    await all.reached;
    for (let event = 0; event < 20; event++) {
      const bytes = Buffer.from(`id: ${event}\ndata: {"n":${event}}\n\n`);
      for (const writer of writers) writer.write(bytes);
    }
    finish.reach();
    const texts = await Promise.all(clients.map((client) => client.until('\r\n0\r\n\r\n', 20_000)));
    t.ok(texts.every((text) => [...text.matchAll(/id: (\d+)/g)].map((match) => Number(match[1])).join() === EVERY_EVENT));
  });

  t.test('close() ends open streams and tells them', async (t) => {
    const told = moment();
    const server = await startServer(t, adapter, async () => ({
      status: 200,
      headers: STREAM,
      stream: async (writer) => {
        writer.write(': open\n\n');
        await new Promise((resolve) => writer.signal.addEventListener('abort', resolve));
        told.reach();
      },
    }));
    const client = raw(t, server.port).send(GET);
    await client.until(': open');
    await server.close();
    await t.resolves(Promise.all([told.reached, client.ended]));
  });
}

const EVERY_EVENT = Array.from({ length: 20 }, (_, index) => index).join();

function raw(t: Test, port: number): RawHttpClient {
  const client = new RawHttpClient(port);
  t.teardown(() => client.close());
  return client;
}
