import t from 'tap';
import { SpanRing } from '../../../../src/observe/tracing/span-ring.js';
import { sampleSpan } from '../../../support/sample-spans.js';

const anybody = () => true;
const only = (name: string) => (owner: string | undefined) => owner === name;

t.test('it keeps the newest spans and no more (OBS-34, W-106)', async (t) => {
  const ring = new SpanRing(3);
  for (let at = 0; at < 5; at++) ring.add(sampleSpan({ id: String(at), trace: String(at), at }));
  t.same(
    ring.list({ isVisible: anybody, limit: 10 }).map(({ trace_id }) => String(trace_id)[0]),
    ['4', '3', '2'],
  );
  t.equal(ring.list({ isVisible: anybody, limit: 1 }).length, 1);
  t.same(ring.read('0'.repeat(32), anybody), []);
});

t.test('traces are found by event and by task', async (t) => {
  const ring = new SpanRing();
  ring.add(sampleSpan({ id: '1', trace: 'a', attributes: { 'hector.event_id': ['t1.3', 't1.4'] } }));
  ring.add(sampleSpan({ id: '2', trace: 'b', attributes: { 'hector.task.id': 't1' }, error: 'no' }));
  const find = (query: object) => ring.list({ isVisible: anybody, limit: 10, ...query }).map(({ trace_id }) => String(trace_id)[0]);
  t.same(find({ eventId: 't1.4' }), ['a']);
  t.same(find({ eventId: 't1.5' }), []);
  t.same(find({ taskId: 't1' }), ['b']);
  t.match(ring.list({ isVisible: anybody, taskId: 't1', limit: 1 }), [{ errors: 1, spans: 1, task_id: 't1' }]);
});

t.test('spans that began in the same millisecond are told from above to below, and name their trace so (OBS-34)', async (t) => {
  const ring = new SpanRing();
  // In the order in which they end.
  ring.add(sampleSpan({ id: '3', name: 'step', parent: '2' }));
  ring.add(sampleSpan({ id: '2', name: 'operation', parent: '1' }));
  ring.add(sampleSpan({ id: '4', name: 'later', parent: '1', at: 1 }));
  ring.add(sampleSpan({ id: '1', name: 'request' }));
  t.same(
    ring.read('a'.repeat(32), anybody).map(({ name }) => name),
    ['request', 'operation', 'step', 'later'],
  );
  t.match(ring.list({ isVisible: anybody, limit: 1 }), [{ name: 'request' }]);
});

t.test("nobody sees spans of another's runs, also below a request of its own trace", async (t) => {
  const ring = new SpanRing();
  // Somebody may name any trace as the one above its request.
  ring.add(sampleSpan({ id: '1', name: 'mine', attributes: { 'hector.user_id': 'ada' } }));
  ring.add(sampleSpan({ id: '2', name: 'below mine', parent: '1' }));
  ring.add(sampleSpan({ id: '3', name: 'theirs', attributes: { 'hector.user_id': 'bob' } }));
  ring.add(sampleSpan({ id: '4', name: 'below theirs', parent: '3' }));
  ring.add(sampleSpan({ id: '5', name: 'of nobody' }));
  const names = (owner: string) => ring.read('a'.repeat(32), only(owner)).map(({ name }) => name);
  t.same(names('ada'), ['mine', 'below mine']);
  t.same(names('bob'), ['theirs', 'below theirs']);
  t.match(ring.list({ isVisible: only('bob'), limit: 10 }), [{ spans: 2 }]);
});
