import { context, propagation } from '@opentelemetry/api';
import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import {
  capturePayload,
  capturePayloads,
  currentTraceContext,
  traceHeaders,
  withRemoteTrace,
  withSpan,
  withTraceContext,
} from '../../../src/observe/trace.js';
import { recordSpans } from '../../support/record-spans.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const HEADERS = { traceparent: `00-${TRACE}-b7ad6b7169203331-01`, tracestate: 'vendor=1', baggage: 'customer=acme,plan=gold' };

t.test('without tracing nothing goes out, nothing is stored, and everything runs', async (t) => {
  t.same(traceHeaders(), {});
  t.equal(currentTraceContext(), '');
  t.equal(await withRemoteTrace(HEADERS, () => withSpan('a', {}, async () => 5)), 5);
  t.equal(await withTraceContext('garbage\nx', async () => 6), 6);
});

t.test(
  'a trace goes on through headers, and through the queue with its state and baggage, which no one else is sent (OBS-33)',
  async (t) => {
    const recorded = recordSpans(t);
    const stored = await withRemoteTrace(HEADERS, () => withSpan('front', {}, async () => currentTraceContext()));
    t.match(stored, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01\ntracestate=vendor=1\nbaggage=customer=acme,plan=gold$`));
    const [sent, again] = await withTraceContext(stored, () =>
      withSpan('worker', {}, async () => [traceHeaders(), currentTraceContext()] as const),
    );
    const [front, worker] = recorded.finished();
    t.equal(front?.parentSpanContext?.spanId, 'b7ad6b7169203331');
    t.equal(worker?.parentSpanContext?.spanId, front?.spanContext().spanId);
    t.same(sent, {
      traceparent: `00-${TRACE}-${worker?.spanContext().spanId}-01`,
      tracestate: 'vendor=1',
    });
    t.match(again, /\nbaggage=customer=acme,plan=gold$/);
  },
);

t.test('what a client sends is bounded and cannot forge headers', async (t) => {
  recordSpans(t);
  const long = { ...HEADERS, baggage: `a=${'x'.repeat(3_000)}` };
  const stored = await withRemoteTrace(long, () => withSpan('front', {}, async () => currentTraceContext()));
  t.notMatch(stored, 'baggage', 'it is not stored with every run');
  t.match(stored, 'tracestate=vendor=1');
  const evil = { ...HEADERS, baggage: 'a=b%0d%0ax-evil:1,c=d' };
  const lines = (await withRemoteTrace(evil, () => withSpan('front', {}, async () => currentTraceContext()))).split('\n');
  t.same(
    lines.map((line) => line.slice(0, line.search(/[=-]/))),
    ['00', 'tracestate', 'baggage'],
  );
  t.notMatch(lines.join(), /\r/);
  const garbage = await withRemoteTrace({ traceparent: '00-zz', baggage: ';;;' }, () => withSpan('front', {}, async () => traceHeaders()));
  t.match(garbage['traceparent'], /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/, 'a trace of its own');
  t.equal(propagation.getBaggage(context.active()), undefined);
});

t.test('a failure is on its span, redacted, by its code (OBS-32)', async (t) => {
  const recorded = recordSpans(t);
  const failing = withSpan('a', {}, async () => {
    throw new AppError('LLM_REJECTED', { message: 'no: Bearer abc-123' });
  });
  await t.rejects(failing, { code: 'LLM_REJECTED' });
  const [span] = recorded.finished();
  t.match(span?.attributes, { 'error.type': 'LLM_REJECTED', 'error.message': 'no: Bearer [redacted]' });
  t.equal(span?.status.code, 2);
});

t.test('payloads are captured when they are wanted, redacted and cut', async (t) => {
  const recorded = recordSpans(t);
  t.teardown(() => capturePayloads(false));
  const take = (value: unknown) => withSpan('a', {}, async (span) => capturePayload(span, 'p', () => value));
  await take('never');
  capturePayloads(true);
  await take({ apiKey: 'k', text: 'hello' });
  await take('x'.repeat(20_000));
  const [off, small, large] = recorded.finished().map(({ attributes }) => attributes['p']);
  t.equal(off, undefined);
  t.equal(small, '{"apiKey":"[redacted]","text":"hello"}');
  t.equal(String(large).length, 16_385);
});
