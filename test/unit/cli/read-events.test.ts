import t from 'tap';
import { readEvents } from '../../../src/cli/read-events.js';

async function read(chunks: readonly Uint8Array[]) {
  async function* body() {
    yield* chunks;
  }
  const events = [];
  for await (const event of readEvents(body())) events.push(event);
  return events;
}

const TEXT = ': comment\n\nid: 1\ndata: grün 🌞\n\nevent: error\ndata: a\ndata:b\n\nid: 2.7\nretry: 5\ndata\n\nid: 3\n\ndata: cut';

t.test('events are the same however the bytes are cut and the lines are ended', async (t) => {
  const wanted = [
    { id: '1', event: 'message', data: 'grün 🌞' },
    { id: '1', event: 'error', data: 'a\nb' },
    { id: '2.7', event: 'message', data: '' },
  ];
  for (const end of ['\n', '\r\n', '\r']) {
    const bytes = Buffer.from(TEXT.replaceAll('\n', end));
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
      t.same(await read(chunks), wanted, `${JSON.stringify(end)} in pieces of ${size}`);
    }
  }
});
