import t from 'tap';
import { readSse } from '../../../../src/agents/remote/read-sse.js';

async function* pieces(text: string, size: number) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

t.test('events are the same however the bytes are split', async (t) => {
  const text = ': hello\n\nid: 7.1\r\ndata: {"a":\r\ndata:"ü€😀"}\r\n\r\nevent: error\rdata: x\r\rdata: unfinished';
  for (let size = 1; size <= text.length; size += 1) {
    const events: unknown[] = [];
    for await (const event of readSse(pieces(text, size), 1_000)) events.push(event);
    t.same(events, [
      { id: '7.1', data: '{"a":\n"ü€😀"}' },
      { id: undefined, data: 'x' },
    ]);
  }
});

t.test('an event without an end is not gathered for ever', async (t) => {
  const read = async () => {
    for await (const _ of readSse(pieces('data: '.padEnd(5_000, 'x'), 100), 1_000)) t.fail('there is none');
  };
  await t.rejects(read(), { code: 'REMOTE_BAD_RESPONSE', message: /1000 characters/ });
});
