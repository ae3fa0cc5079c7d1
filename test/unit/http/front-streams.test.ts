import t from 'tap';
import type { BindingReply } from '../../../src/a2a/binding-reply.js';
import { SSE_HEADERS } from '../../../src/a2a/sse-events.js';
import { EventSource, startTestFront } from '../../support/front-rig.js';
import { RawHttpClient } from '../../support/raw-http-client.js';

const stream = (events: EventSource): BindingReply => ({
  type: 'stream',
  headers: SSE_HEADERS,
  events,
  describeFailure: () => '{"failed":true}',
});
const POST = 'POST /agents/a HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\nContent-Length: 2\r\n\r\n{}';

for (const http of ['uws', 'node'] as const) {
  t.test(`over ${http}`, async (t) => {
    t.test('a stream opens at once with a comment, then carries each event with its cursor, then ends (J2)', async (t) => {
      const events = new EventSource();
      const front = await startTestFront(t, { handleJsonRpc: async () => stream(events) }, { settings: { http } });
      const client = open(t, front.port);
      t.match(await client.until(': connected'), /^HTTP\/1.1 200 OK\r\n[\s\S]*content-type: text\/event-stream/i);
      events.push({ id: '1', data: '{"n":1}' }, { id: '1.1', data: '{"n":2}' });
      await client.until('id: 1.1\ndata: {"n":2}\n\n');
      events.push('end');
      await client.until('\r\n0\r\n\r\n');
      await events.returned;
    });

    t.test('silence is filled with comments', async (t) => {
      const events = new EventSource();
      const front = await startTestFront(
        t,
        { handleJsonRpc: async () => stream(events) },
        { settings: { http }, limits: { keepAliveMs: 30 } },
      );
      await t.resolves(open(t, front.port).until(({ text }) => text.split(': keep-alive\n\n').length > 3));
    });

    t.test("a failure in mid-stream is an error event with the binding's body, then the end (T10)", async (t) => {
      const events = new EventSource();
      const front = await startTestFront(t, { handleJsonRpc: async () => stream(events) }, { settings: { http } });
      const client = open(t, front.port);
      events.push({ id: '1', data: '{}' }, new Error('lost the database'));
      const text = await client.until('\r\n0\r\n\r\n');
      t.match(text, 'event: error\ndata: {"failed":true}\n\n');
      t.notMatch(text, 'database');
      await events.returned;
    });

    t.test('a client that leaves closes the events within a second, even while they are silent', async (t) => {
      const events = new EventSource();
      const front = await startTestFront(t, { handleJsonRpc: async () => stream(events) }, { settings: { http } });
      const client = open(t, front.port);
      await client.until(': connected');
      const leftAt = performance.now();
      client.close();
      await events.returned;
      t.ok(performance.now() - leftAt < 1_000);
    });

    t.test('events are pulled no faster than a slow client takes them', { timeout: 20_000 }, async (t) => {
      const data = 'x'.repeat(16 * 1024);
      let pulled = 0;
      let stoppedAt = -1;
      const events = {
        async *[Symbol.asyncIterator]() {
          for (; pulled < 2_000; pulled++) {
            if (pulled % 50 === 0) await new Promise(setImmediate);
            yield { id: String(pulled), data };
          }
        },
      };
      const front = await startTestFront(
        t,
        { handleJsonRpc: async () => ({ type: 'stream', headers: {}, events, describeFailure: () => '{}' }) },
        { settings: { http } },
      );
      const client = new RawHttpClient(front.port);
      t.teardown(() => client.close());
      client.socket.pause();
      client.send(POST);
      // The count stands still once the sockets' own buffers and our 64 KiB are full.
      while (stoppedAt !== pulled || pulled === 0) {
        stoppedAt = pulled;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      t.ok(stoppedAt < 1_000, `pulled ${stoppedAt} of 2,000 events (16 KiB each)`);
      client.socket.resume();
      await client.until(() => pulled === 2_000, 15_000);
      await client.until(({ bytesReceived }) => bytesReceived > 2_000 * data.length, 15_000);
    });
  });
}

function open(t: { teardown(run: () => unknown): void }, port: number): RawHttpClient {
  const client = new RawHttpClient(port).send(POST);
  t.teardown(() => client.close());
  return client;
}
