import t from 'tap';
import { formatComment, formatEvent, formatRetry } from '../../../src/http/sse-frame.js';

t.test('an event is its fields in order, ended by an empty line', async (t) => {
  t.equal(formatEvent({ data: '{}' }), 'data: {}\n\n');
  t.equal(formatEvent({ id: '4.2', event: 'error', data: '{"é":1}' }), 'id: 4.2\nevent: error\ndata: {"é":1}\n\n');
  t.equal(formatComment('x'), ': x\n\n');
  t.equal(formatRetry(1000.4), 'retry: 1000\n\n');
});

t.test('a line break cannot forge a field', async (t) => {
  t.equal(formatEvent({ id: '1\nevent: x', data: 'a\r\nb\rc\nid: 9' }), 'id: 1 event: x\ndata: a\ndata: b\ndata: c\ndata: id: 9\n\n');
});
