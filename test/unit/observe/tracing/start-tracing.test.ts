import { type Context, context, createContextKey, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import t, { type Test } from 'tap';
import { createScope } from '../../../../src/base/scope.js';
import { silentLogger } from '../../../../src/observe/log.js';
import { silentMetrics } from '../../../../src/observe/meter.js';
import {
  currentTraceContext,
  currentTraceIds,
  inSpan,
  traceHeaders,
  withRemoteTrace,
  withSpan,
  withTraceContext,
} from '../../../../src/observe/trace.js';
import { CallerSampler } from '../../../../src/observe/tracing/caller-sampler.js';
import { startTracing } from '../../../../src/observe/tracing/start-tracing.js';
import { testSettings } from '../../../support/test-settings.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const caller = (flags: '00' | '01') => ({ traceparent: `00-${TRACE}-b7ad6b7169203331-${flags}`, tracestate: 'vendor=1' });

async function start(t: Test, samplingRate: number) {
  const settings = { ...testSettings().observability.tracing, enabled: true, exporter: 'debug', samplingRate } as const;
  const tracing = await startTracing(settings, { version: '1', metrics: silentMetrics, log: silentLogger });
  t.teardown(() => tracing.close());
  const names = () => tracing.traces?.read(TRACE, () => true).map(({ name }) => name);
  return { ...tracing, names, count: () => tracing.traces?.list({ isVisible: () => true, limit: 100 }).length };
}

t.test('a trace that is left out is decided on once: nothing below it is made, and all that is asked is told so (OBS-35)', async (t) => {
  const tracing = await start(t, 0);
  const seen = await withSpan('request', {}, async (request) => {
    const id = request.spanContext().spanId;
    return withSpan('step', { a: 1 }, async (step) => {
      await new Promise((resolve) => setImmediate(resolve));
      step.setAttribute('b', 2);
      t.equal(step.spanContext().spanId, id, 'no span of its own');
      t.equal(currentTraceIds()?.trace_id, request.spanContext().traceId, 'the log still names the trace');
      return [traceHeaders()['traceparent'], currentTraceContext()];
    });
  });
  for (const text of seen) t.match(text, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/, 'whoever is asked leaves it out, too');
  await t.rejects(
    withSpan('request', {}, () => withSpan('step', {}, () => Promise.reject(new Error('no')))),
    { message: 'no' },
  );
  t.equal(tracing.count(), 0);
});

t.test('who calls decides about its own trace, whatever the rate, as long as few ask (OBS-33, OBS-35)', async (t) => {
  const tracing = await start(t, 0);
  const walk = () => withSpan('request', {}, () => withSpan('step', {}, async () => traceHeaders()));
  t.match((await withRemoteTrace(caller('01'), walk))['traceparent'], new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
  t.same(tracing.names(), ['request', 'step']);
  t.same(await withRemoteTrace(caller('00'), walk), caller('00'), 'left out, and passed on as it came');
  t.same(tracing.names(), ['request', 'step']);
});

t.test('many at once, kept and left out in turn: each span stands below its own, whatever is waited for in between (OBS-33)', async (t) => {
  const tracing = await start(t, 0);
  const ids = Array.from({ length: 40 }, (_, at) => (at + 1).toString(16).padStart(32, '0'));
  const headersOf = (id: string, at: number) => ({ traceparent: `00-${id}-b7ad6b7169203331-0${at % 2}` });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const seen: unknown[] = [];
  const walk = async (id: string) => {
    const look = () => seen.push(currentTraceIds()?.trace_id === id);
    await withSpan('request', {}, async () => {
      await turn();
      await Promise.all([
        withSpan('one', {}, async () => {
          await turn();
          const stored = currentTraceContext();
          await withTraceContext(stored, () => withSpan('run', {}, turn));
          // As another process would.
          setImmediate(() => seen.push(trace.getActiveSpan() === undefined));
          await inSpan('quick', {}, () => look());
        }),
        withSpan('two', {}, async () => {
          await withSpan('bad', {}, () => turn().then(() => Promise.reject(new Error('no')))).catch(turn);
          look();
        }),
      ]);
      look();
    });
  };
  await Promise.all([...ids.map((id, at) => withRemoteTrace(headersOf(id, at), () => walk(id))), walk('')]);
  await turn();
  t.equal(seen.filter((isRight) => isRight !== true).length, 3, 'the one without a trace has looked thrice, and nobody else was wrong');
  for (const [at, id] of ids.entries()) {
    const spans = tracing.traces?.read(id, () => true) ?? [];
    const nameOf = new Map(spans.map((span) => [span['span_id'], span['name']]));
    const tree = spans.map((span) => `${nameOf.get(span['parent_span_id'] as string) ?? ''}>${span['name']}`).sort();
    t.same(tree, at % 2 === 0 ? [] : ['>request', 'one>quick', 'one>run', 'request>one', 'request>two', 'two>bad'], id);
  }
});

t.test('callers decide about so many traces in a second, and then the rate does, whatever id they choose', async (t) => {
  const clock = { now: 0, monotonic: () => clock.now };
  let luck = 0.5;
  const sampler = new CallerSampler({ rate: 0.2, callersPerSecond: 2, clock, chance: () => luck });
  const ask = (of: Context, id = TRACE) =>
    sampler.shouldSample(of, id, 'request', 0, {}, []).decision === tracing.SamplingDecision.RECORD_AND_SAMPLED;
  const named = (flags: '00' | '01') => {
    const [, traceId = '', spanId = ''] = caller(flags).traceparent.split('-');
    return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number(flags), isRemote: true });
  };
  await start(t, 0);
  const ofCaller = (flags: '00' | '01') => withRemoteTrace(caller(flags), () => context.active());
  t.same(
    [1, 2, 3, 4].map(() => ask(ofCaller('01'))),
    [true, true, false, false],
  );
  t.equal(ask(named('01')), true, 'what another process of ours has kept stays whole');
  t.same([ask(ofCaller('00')), ask(named('00'))], [false, false]);
  luck = 0.1;
  t.equal(ask(ofCaller('01')), true, 'by the rate');
  luck = 0.5;
  t.equal(ask(ofCaller('01'), `${'0'.repeat(31)}1`), false);
  clock.now = 1_000;
  t.equal(ask(ofCaller('01')), true, 'a second later');
  t.equal(ask(ROOT_CONTEXT, `ffffffff${'0'.repeat(24)}`), false);
});

t.test('with a rate of 1 all are kept (OBS-35)', async (t) => {
  const tracing = await start(t, 1);
  for (let at = 0; at < 20; at++) await withSpan('request', {}, async () => {});
  t.equal(tracing.count(), 20);
});

t.test("the context of OpenTelemetry goes wherever Hector's own goes, and ends with tracing", async (t) => {
  const scope = createScope<string>();
  const key = createContextKey('test');
  const tracing = await start(t, 1);
  const value = () => [context.active().getValue(key), scope.find()];
  const outer = context.active().setValue(key, 'outer');
  const seen = await scope.within('own', () =>
    context.with(outer, async () => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      return value();
    }),
  );
  t.same(seen, ['outer', 'own']);
  const bound = context.bind(outer, (text: string) => [text, ...value()]);
  t.same(bound('a'), ['a', 'outer', undefined]);
  const self = {
    name: 'me',
    say: context.bind(outer, function say(this: { name: string }) {
      return this.name;
    }),
  };
  t.equal(self.say(), 'me');
  await context.with(outer, async () => {
    await tracing.close();
    t.equal(context.active().getValue(key), undefined);
    t.equal(trace.getActiveSpan(), undefined);
  });
});
