/** Every exporter against a collector that speaks its wire (OBS-01, OBS-02, OBS-35). */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { AppError } from '../../src/base/errors.js';
import { type Logger, silentLogger } from '../../src/observe/log.js';
import { createMetrics } from '../../src/observe/metrics.js';
import { withRemoteTrace, withSpan } from '../../src/observe/trace.js';
import { startTracing, type Tracing } from '../../src/observe/tracing/start-tracing.js';
import type { TracingSettings } from '../../src/observe/tracing/tracing-settings.js';
import { type SpanCollector, startGrpcCollector, startHttpCollector } from '../support/peers/span-collector.js';
import { recordLog } from '../support/record-log.js';
import { testSettings } from '../support/test-settings.js';

const metrics = createMetrics();

async function start(t: Test, change: Partial<TracingSettings>, log: Logger = silentLogger): Promise<Tracing> {
  const settings = { ...testSettings().observability.tracing, enabled: true, ...change };
  const tracing = await startTracing(settings, { version: '1.2.3', metrics, log });
  t.teardown(() => tracing.close());
  return tracing;
}

/** A parent with a child that fails. */
async function makeSpans(): Promise<void> {
  await withSpan('hector.outer', { 'hector.step': 3, ratio: 0.5, flag: true, 'hector.event_id': ['a.1', 'a.2'] }, async () => {
    await withSpan('hector.inner', {}, async () => {
      throw new AppError('LLM_REJECTED', { message: 'refused with Bearer abc123def456' });
    }).catch(() => undefined);
  });
}

async function check(t: Test, collector: SpanCollector, path: string): Promise<void> {
  await collector.until((spans) => spans.length >= 2);
  const find = (name: string) => collector.spans.find((span) => span.name === name);
  const [outer, inner] = [find('hector.outer'), find('hector.inner')];
  t.equal(collector.spans.length, 2);
  t.equal(inner?.parentSpanId, outer?.spanId);
  t.equal(inner?.traceId, outer?.traceId);
  t.match(outer?.traceId, /^[0-9a-f]{32}$/);
  t.equal(outer?.parentSpanId, '');
  t.equal(inner?.status, 2);
  t.equal(inner?.attributes['error.message'], 'refused with Bearer [redacted]');
  t.equal(outer?.resource['service.name'], 'bookshop');
  t.equal(collector.requests[0]?.path, path);
  t.equal(collector.requests[0]?.headers['x-collector-key'], 'k-1');
}

const COMMON = { serviceName: 'bookshop', headers: { 'x-collector-key': 'k-1' } };

for (const [protocol, path] of [
  ['auto', '/v1/traces'],
  ['http/json', '/v1/traces'],
] as const) {
  t.test(`OTLP over HTTP, protocol ${protocol} (OBS-02)`, async (t) => {
    const collector = await startHttpCollector(t);
    const endpoint = protocol === 'auto' ? `http://${collector.address}/v1/traces` : collector.address;
    const tracing = await start(t, { ...COMMON, protocol, endpoint });
    await makeSpans();
    await tracing.close();
    await check(t, collector, path);
    const outer = collector.spans.find(({ name }) => name === 'hector.outer');
    t.match(outer?.attributes, { 'hector.step': 3, ratio: 0.5, flag: true });
    t.match(outer?.resource, { 'service.version': '1.2.3' });
    t.match(collector.requests[0]?.headers['content-type'], protocol === 'auto' ? 'application/x-protobuf' : 'application/json');
  });
}

t.test('OTLP over gRPC is what an address without a path means, for jaeger as well (OBS-02, W-106)', async (t) => {
  for (const exporter of ['otlp', 'jaeger'] as const) {
    const collector = await startGrpcCollector(t);
    const tracing = await start(t, { ...COMMON, exporter, endpoint: collector.address });
    await makeSpans();
    await tracing.close();
    await check(t, collector, '/opentelemetry.proto.collector.trace.v1.TraceService/Export');
    t.same(collector.spans.find(({ name }) => name === 'hector.outer')?.attributes['hector.event_id'], ['a.1', 'a.2']);
  }
});

t.test('Zipkin speaks its own format (W-106)', async (t) => {
  const collector = await startHttpCollector(t);
  const tracing = await start(t, { ...COMMON, exporter: 'zipkin', endpoint: `http://${collector.address}/api/v2/spans` });
  await makeSpans();
  await tracing.close();
  await check(t, collector, '/api/v2/spans');
});

t.test('a sampling rate of 0 sends nothing that begins here, and what a caller has sampled (OBS-35, W-106)', async (t) => {
  const collector = await startHttpCollector(t);
  const tracing = await start(t, { endpoint: `http://${collector.address}/v1/traces`, samplingRate: 0 });
  await makeSpans();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await withRemoteTrace({ traceparent }, () => withSpan('hector.asked', {}, async () => undefined));
  await withRemoteTrace({ traceparent: traceparent.replace(/1$/, '0') }, () => withSpan('hector.unasked', {}, async () => undefined));
  await tracing.close();
  t.same(
    collector.spans.map(({ name, parentSpanId }) => [name, parentSpanId]),
    [['hector.asked', 'b7ad6b7169203331']],
  );
});

const dropped = async () => Number(/export_failed"\} (\d+)/.exec((await metrics.render()).body)?.[1] ?? 0);

/** Each exporter, to what listens at this address. */
const exportersTo = (address: string): readonly Partial<TracingSettings>[] => [
  { endpoint: `http://${address}/v1/traces` },
  { protocol: 'http/json', endpoint: `http://${address}/v1/traces` },
  { protocol: 'grpc', endpoint: address },
  { exporter: 'zipkin', endpoint: `http://${address}/api/v2/spans` },
];

/** Makes `count` pairs of spans for a collector that takes none. Resolves when tracing has ended, to what the log was told. */
async function loseSpans(t: Test, change: Partial<TracingSettings>, count: number) {
  const what = `${change.exporter ?? change.protocol ?? 'otlp'}`;
  const records = recordLog();
  const before = await dropped();
  const tracing = await start(t, { timeoutMs: 300, ...change }, records.log);
  const startedMs = performance.now();
  for (let index = 0; index < count; index++) await makeSpans();
  t.ok(performance.now() - startedMs < 5_000, `${what}: spans are made as ever`);
  await tracing.close();
  t.ok(performance.now() - startedMs < 10_000, `${what}: the end is not held up`);
  t.equal((await dropped()) - before, 2 * count, `${what}: what nobody got is counted`);
  return records.lines.map((line) => JSON.parse(line) as Record<string, string>).filter(({ code }) => code === 'TRACING_EXPORT_FAILED');
}

t.test(
  'a collector that hangs costs spans and nothing else: every request ends in its time, and so does its connection (OBS-01)',
  async (t) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).resume();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const change of exportersTo(address)) {
      const warnings = await loseSpans(t, change, 10);
      t.equal(warnings.length, 1, 'said when it begins, not with every batch');
      t.match(
        warnings[0]?.['reason'],
        new RegExp(`${address}.* takes no spans: .*observability\\.tracing \\(endpoint, headers, timeout: 300 ms\\)`),
      );
      // gRPC has one connection for good; until the other side has introduced itself, it is not let go of.
      if (change.protocol === 'grpc') t.equal(sockets.size, 1);
      else {
        t.ok(sockets.size > 0, 'it was asked');
        for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
      }
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    }
  },
);

t.test('a collector that refuses, sends elsewhere or is gone costs spans and nothing else', async (t) => {
  const collector = await startHttpCollector(t);
  const elsewhere = await startHttpCollector(t);
  const target = `http://${elsewhere.address}/v1/traces`;
  for (const [answer, said] of [
    [(response: ServerResponse) => response.writeHead(400).end(), /40+|Bad Request/],
    [(response: ServerResponse) => response.writeHead(307, { location: target }).end(), /307|Temporary Redirect/],
  ] as const) {
    collector.answer = answer;
    for (const change of exportersTo(collector.address)) {
      const [warning] = await loseSpans(t, { ...change, ...COMMON }, change.protocol === 'grpc' ? 1 : 200);
      if (change.protocol !== 'grpc') t.match(warning?.['reason'], said);
    }
  }
  t.same(elsewhere.requests, [], 'neither spans nor the key go where the configuration does not say');
  for (const change of exportersTo('127.0.0.1:1')) await loseSpans(t, change, 10);
});

t.test('more spans than fit are dropped and counted, the newest first', async (t) => {
  const collector = await startHttpCollector(t);
  collector.answer = () => undefined;
  const tracing = await start(t, { endpoint: `http://${collector.address}/v1/traces`, timeoutMs: 300 });
  for (let index = 0; index < 10_000; index++) await withSpan('hector.many', {}, async () => undefined);
  const { body } = await metrics.render();
  t.ok(Number(/queue_full"\} (\d+)/.exec(body)?.[1]) > 1_000, 'the queue is bounded');
  await tracing.close();
});

t.test('who starts tracing while it is on shares it; the last one ends it', async (t) => {
  const collector = await startHttpCollector(t);
  const one = await start(t, { endpoint: `http://${collector.address}/v1/traces` });
  const other = await start(t, { exporter: 'debug' });
  t.equal(one.traces, other.traces);
  await one.close();
  await one.close();
  await makeSpans();
  await other.close();
  t.equal(collector.spans.length, 2);
  await makeSpans();
  t.equal(collector.spans.length, 2, 'it has ended');
});
