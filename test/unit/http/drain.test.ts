import t from 'tap';
import type { BindingReply } from '../../../src/a2a/binding-reply.js';
import { moment } from '../../contract/http-server.js';
import { EventSource, startTestFront } from '../../support/front-rig.js';
import { RawHttpClient } from '../../support/raw-http-client.js';
import { createSteeredClock, type SteeredClock } from '../../support/steered-clock.js';

const POST = 'POST /agents/a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}';
const ANSWER: BindingReply = { type: 'json', status: 200, headers: {}, body: '{"done":true}' };

for (const http of ['uws', 'node'] as const) {
  t.test(`over ${http}`, async (t) => {
    t.test('a drain lets a running request finish, refuses new ones on kept connections, and then closes', async (t) => {
      const entered = moment();
      const release = moment();
      const front = await startTestFront(
        t,
        {
          handleJsonRpc: async () => {
            entered.reach();
            await release.reached;
            return ANSWER;
          },
        },
        { settings: { http } },
      );
      const running = open(t, front.port).send(POST);
      await entered.reached;
      // A connection with a half-sent request counts as in use in both adapters.
      const kept = open(t, front.port).send('GET /health/ready HTTP/1.1\r\nHost: h\r\n\r\n');
      await kept.until('"ready"');
      kept.send('POST /agents/a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{');
      // Bytes sent before this round trip have been read when it ends.
      await (await fetch(`${front.url}/health`)).text();
      const drained = front.drain(5_000);
      const again = front.drain(5_000);
      kept.send('}');
      t.match(await kept.until('}]}}'), /HTTP\/1.1 503 [\s\S]*retry-after: 1[\s\S]*DRAINING/i);
      t.match(kept.text, /connection: close/i);
      await kept.ended;
      const late = open(t, front.port).send(POST);
      await late.closed;
      t.equal(late.text, '', 'nobody new gets in');
      release.reach();
      await running.until('"done":true');
      await drained;
      await again;
      await running.ended;
    });

    t.test('streams are told to reconnect and end cleanly at once', async (t) => {
      const events = new EventSource();
      const front = await startTestFront(
        t,
        { handleJsonRpc: async () => ({ type: 'stream', headers: {}, events, describeFailure: () => '{}' }) },
        { settings: { http } },
      );
      const client = open(t, front.port).send(POST);
      events.push({ id: '7', data: '{}' });
      await client.until('id: 7');
      const startedAt = performance.now();
      await front.drain(5_000);
      t.ok(performance.now() - startedAt < 2_000, 'the budget is not used up');
      t.match(client.text, /id: 7\ndata: \{\}\n\n[\s\S]*retry: \d+\n\n\r\n0\r\n\r\n$/);
      await events.returned;
      await client.ended;
    });

    t.test('a request still unanswered at the end of the budget gets 503 instead of a cut connection', async (t) => {
      const entered = moment();
      const front = await startTestFront(
        t,
        {
          handleJsonRpc: async () => {
            entered.reach();
            return new Promise<BindingReply>(() => {});
          },
        },
        { settings: { http } },
      );
      const client = open(t, front.port).send(POST);
      await entered.reached;
      await front.drain(100);
      await client.ended;
      t.match(client.text, /^HTTP\/1.1 503 [\s\S]*DRAINING/);
    });

    t.test('for a grace period readiness is false on new connections, everything is served, and no stream is sent away', async (t) => {
      const clock = createSteeredClock();
      const events = new EventSource();
      const replies: BindingReply[] = [{ type: 'stream', headers: {}, events, describeFailure: () => '{}' }, ANSWER, ANSWER];
      const front = await startTestFront(t, { handleJsonRpc: async () => replies.shift() as BindingReply }, { settings: { http }, clock });
      const stream = open(t, front.port).send(POST);
      events.push({ id: '7', data: '{}' });
      await stream.until('id: 7');
      const kept = open(t, front.port).send('GET /health HTTP/1.1\r\nHost: h\r\n\r\n');
      t.notMatch(await kept.until('"ok"'), /connection: close/i);
      const drained = front.drain(5_000, 2_000);
      t.match(await (await fetch(`${front.url}/health/ready`)).json(), { status: 'not_ready', reasons: ['the server is shutting down'] });
      t.equal((await fetch(`${front.url}/health/live`)).status, 200);
      t.match(await open(t, front.port).send(POST).until('"done":true'), /HTTP\/1.1 200 /, 'a new connection');
      kept.send(POST);
      t.match(await kept.until('"done":true'), /HTTP\/1.1 200 OK[\s\S]*connection: close/i, 'a kept one is not kept any longer');
      await kept.ended;
      await clock.advance(1_999);
      events.push({ id: '8', data: '{}' });
      t.notMatch(await stream.until('id: 8'), /retry:/);
      await (await fetch(`${front.url}/health`)).text();
      void clock.advance(1);
      await stream.until('retry:');
      await events.returned;
      await stream.ended;
      const late = open(t, front.port).send(POST);
      await late.closed;
      t.equal(late.text, '', 'nobody new gets in');
      await untilSettled(drained, clock);
    });

    t.test('readiness is false while draining, liveness stays', async (t) => {
      const entered = moment();
      const release = moment();
      const front = await startTestFront(
        t,
        {
          handleJsonRpc: async () => {
            entered.reach();
            await release.reached;
            return ANSWER;
          },
        },
        { settings: { http } },
      );
      const probe = open(t, front.port).send('GET /health/ready HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{');
      open(t, front.port).send(POST);
      await entered.reached;
      await (await fetch(`${front.url}/health`)).text();
      const drained = front.drain(5_000);
      probe.send('}');
      t.match(await probe.until('}'), /^HTTP\/1.1 503 [\s\S]*shutting down/);
      release.reach();
      await drained;
    });
  });
}

function open(t: { teardown(run: () => unknown): void }, port: number): RawHttpClient {
  const client = new RawHttpClient(port);
  t.teardown(() => client.close());
  return client;
}

async function untilSettled(work: Promise<unknown>, clock: SteeredClock): Promise<void> {
  let isSettled = false;
  void work.finally(() => {
    isSettled = true;
  });
  while (!isSettled) await clock.advance(10);
}
