import { context, createContextKey, trace } from '@opentelemetry/api';
import t, { type Test } from 'tap';
import { createScope } from '../../../../src/base/scope.js';
import { silentLogger } from '../../../../src/observe/log.js';
import { silentMetrics } from '../../../../src/observe/meter.js';
import { currentTraceContext, currentTraceIds, traceHeaders, withRemoteTrace, withSpan } from '../../../../src/observe/trace.js';
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

t.test('who calls decides about its own trace, whatever the rate (OBS-33, OBS-35)', async (t) => {
  const tracing = await start(t, 0);
  const walk = () => withSpan('request', {}, () => withSpan('step', {}, async () => traceHeaders()));
  t.match((await withRemoteTrace(caller('01'), walk))['traceparent'], new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
  t.same(tracing.names(), ['request', 'step']);
  t.same(await withRemoteTrace(caller('00'), walk), caller('00'), 'left out, and passed on as it came');
  t.same(tracing.names(), ['request', 'step']);
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
