import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { systemClock } from '../../../../src/base/clock.js';
import { callExchange, messageExchange } from '../../../../src/cli/load/a2a-exchange.js';
import { type LoadPlan, runLoad } from '../../../../src/cli/load/run-load.js';

const completed = (state: string) => JSON.stringify({ jsonrpc: '2.0', id: 1, result: { task: { id: 't', status: { state } } } });
const asJson = { 'content-type': 'application/json' };

async function load(t: Test, listener: RequestListener, plan: Partial<LoadPlan> = {}, isStreaming = false, version: '1.0' | '0.3' = '1.0') {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a2a`);
  return runLoad(
    {
      origin: url.origin,
      exchange: messageExchange({ url, version, mode: isStreaming ? 'stream' : 'send', text: 'Hello', token: 'abc' }),
      arrivals: { type: 'rate', perSecond: 100, maxInFlight: 100 },
      warmUpMs: 0,
      durationMs: 100,
      timeoutMs: 5_000,
      ...plan,
    },
    { signal: new AbortController().signal, clock: systemClock },
  );
}

t.test('answers are counted, timed from when they were due, and those of the warm-up left out', async (t) => {
  let asked = 0;
  const ids = new Set<string>();
  const report = await load(
    t,
    async (request, response) => {
      asked += 1;
      t.equal(request.headers.authorization, 'Bearer abc');
      const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
      ids.add(body.params.message.messageId);
      setTimeout(() => response.writeHead(200, asJson).end(completed('TASK_STATE_COMPLETED')), 20);
    },
    { warmUpMs: 50 },
  );
  t.match(report, { requests: 10, errors: 0, problems: {}, unsent: 0, events: 0, firstText: undefined });
  t.ok(asked > 10 && asked <= 15, 'a warm-up that is late is cut short');
  t.equal(ids.size, asked, 'each message is another one');
  t.ok(report.latency.p50Ms >= 19, String(report.latency.p50Ms));
  t.ok(report.perSecond > 20 && report.perSecond < 125, String(report.perSecond));
});

t.test('what is not the answer that was asked for is an error, by its kind', async (t) => {
  let asked = 0;
  const report = await load(
    t,
    (request, response) => {
      asked += 1;
      request.resume();
      if (asked === 1) response.writeHead(503).end();
      else if (asked === 2) response.writeHead(200, asJson).end(completed('TASK_STATE_FAILED'));
      else if (asked === 3) response.writeHead(200, asJson).end('{"error":{"code":-32000,"message":"no"}}');
      else if (asked === 4) response.writeHead(200, asJson).end('<html>');
      else if (asked === 5) response.destroy();
      else if (asked > 6) response.writeHead(200, asJson).end(completed('TASK_STATE_COMPLETED'));
    },
    { timeoutMs: 200 },
  );
  t.match(report, { requests: 4, errors: 6 });
  t.match(report.problems, {
    'HTTP 503': 1,
    'the task is failed': 1,
    'error -32000: no': 1,
    'no JSON-RPC result': 1,
    'connection closed': 1,
    'no answer in 200 ms': 1,
  });
  t.ok(report.latency.maxMs >= 199, 'what did not come counts with the time that was waited');
});

t.test('of a stream, the first text and all events are measured, wherever chunks are cut', async (t) => {
  const events = [
    { task: { id: 't', status: { state: 'TASK_STATE_SUBMITTED' } } },
    { artifactUpdate: { taskId: 't', artifact: { parts: [{ text: 'ö' }] } } },
    { statusUpdate: { taskId: 't', status: { state: 'TASK_STATE_COMPLETED' } } },
  ];
  const bytes = Buffer.from(events.map((result) => `data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result })}\r\n\r\n`).join(''));
  const cut = bytes.indexOf('ö') + 1;
  const report = await load(
    t,
    (request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(bytes.subarray(0, cut));
      setTimeout(() => response.end(bytes.subarray(cut)), 20);
    },
    { durationMs: 50 },
    true,
  );
  t.match(report, { requests: 5, errors: 0, events: 15, firstText: { count: 5 } });
  t.ok((report.firstText?.p50Ms ?? 0) >= 19);
});

t.test('a stream that ends before its task is an error; so is an answer that does not stream', async (t) => {
  let asked = 0;
  const report = await load(
    t,
    (request, response) => {
      asked += 1;
      request.resume();
      if (asked === 1) response.writeHead(200, asJson).end('{"error":{"code":-32004,"message":"no streams"}}');
      else
        response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .end('data: {"result":{"kind":"status-update","status":{"state":"working"}}}\n\n');
    },
    { durationMs: 20 },
    true,
    '0.3',
  );
  t.match(report, { requests: 0, problems: { 'error -32004: no streams': 1, 'the stream ended with the task working': 1 } });
});

t.test('a server that takes nothing any more does not keep the load from ending', async (t) => {
  const report = await load(t, (request) => void request.resume(), {
    arrivals: { type: 'rate', perSecond: 100, maxInFlight: 2 },
    timeoutMs: 60,
  });
  t.equal(report.requests, 0);
  t.equal(report.errors, 10);
  t.equal(report.unsent + (report.problems['no answer in 60 ms'] ?? 0), 10);
  t.equal(report.latency.count, 10, 'also those that were never sent have waited');
});

t.test('who has to wait for a free place has waited since the moment that was meant', async (t) => {
  const answer: RequestListener = (request, response) => {
    request.resume();
    setTimeout(() => response.writeHead(200, asJson).end(completed('TASK_STATE_COMPLETED')), 30);
  };
  const { latency, onTheWire, generator } = await load(t, answer, { arrivals: { type: 'rate', perSecond: 100, maxInFlight: 1 } });
  // The tenth is due after 90 ms and sent after 270 ms.
  t.ok(latency.maxMs - onTheWire.p50Ms > 120, `${latency.maxMs} ms from the moment it was due, ${onTheWire.p50Ms} ms on the wire`);
  t.ok(generator.late.maxMs > 120);
});

t.test('one wrong answer among any number of equal good ones is an error, whatever is no longer read of those', async (t) => {
  const good = '{"jsonrpc":"2.0","id":1,"result":{"a":1}}';
  const [sameLength, none] = ['{"jsonrpc":"2.0","id":1,"resulx":{"a":1}}', ''];
  let asked = 0;
  const listener: RequestListener = (request, response) => {
    request.resume();
    asked += 1;
    response.sendDate = false;
    if (asked === 30) response.writeHead(500, asJson).end(good);
    else if (asked === 70)
      response
        .writeHead(200, { ...asJson, 'content-length': good.length })
        .end(good.slice(0, 20))
        .destroy();
    else response.writeHead(200, asJson).end(asked === 10 ? sameLength : asked === 50 ? none : good);
  };
  const report = await load(t, listener, {
    exchange: callExchange(new URL('http://127.0.0.1/'), 'GetTask', { id: 't' }),
    arrivals: { type: 'rate', perSecond: 1_000, maxInFlight: 1 },
  });
  t.match(report, { requests: 96, errors: 4, latency: { count: 100 } });
  t.match(report.problems, { 'no JSON-RPC result': 2, 'HTTP 500': 1 });
});

t.test('a connection that the server is about to close is not used again', async (t) => {
  const sockets = new Set<unknown>();
  const report = await load(
    t,
    (request, response) => {
      request.resume();
      sockets.add(request.socket);
      const isLast = sockets.size === 1;
      response.writeHead(200, { ...asJson, ...(isLast ? { 'keep-alive': 'timeout=1' } : {}) }).end(completed('TASK_STATE_COMPLETED'));
    },
    { arrivals: { type: 'rate', perSecond: 100, maxInFlight: 1 } },
  );
  t.match(report, { requests: 10, errors: 0 });
  t.equal(sockets.size, 2, 'it says that it closes them within a second, then that it does not');
});

t.test('a load that is interrupted ends at once', async (t) => {
  const interruption = new AbortController();
  const server = createServer((request) => {
    request.resume();
    interruption.abort();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const arrivals = { type: 'concurrency', connections: 3 } as const;
  const plan = {
    origin: url.origin,
    exchange: callExchange(url, 'GetTask', {}),
    arrivals,
    warmUpMs: 0,
    durationMs: 60_000,
    timeoutMs: 60_000,
  };
  t.match(await runLoad(plan, { signal: interruption.signal, clock: systemClock }), { requests: 0, errors: 0 });
});
