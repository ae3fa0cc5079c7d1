import t from 'tap';
import type { StoredChunk } from '../../../../src/knowledge/chunk-store.js';
import { dropDuplicates } from '../../../../src/knowledge/search/drop-duplicates.js';

const kept = (...texts: readonly string[]) =>
  dropDuplicates(texts.map((text, index) => ({ chunk: { text } as StoredChunk, score: 1 - index / 1_000 }))).map(({ chunk }) =>
    texts.indexOf(chunk.text),
  );
const sentence = (from: number, count: number) => Array.from({ length: count }, (_, index) => `word${from + index}`).join(' ');

t.test('of equal and nearly equal texts the first stays: other case, marks, a further line', async (t) => {
  const long = sentence(0, 100);
  t.same(kept(long, `${long}.`, long.toUpperCase(), `Page 7\n${long}`, sentence(50, 100)), [0, 4]);
  t.same(kept(`Page 7\n${long}`, long), [0], 'whichever is longer');
});

t.test('texts that differ in what they say stay: another number in a short one, an overlap, a part of a longer one', async (t) => {
  t.same(kept('The bell weighs 300 kilograms.', 'The bell weighs 400 kilograms.', 'The bell weighs 300 kilograms.'), [0, 1]);
  t.same(kept(sentence(0, 100), sentence(20, 100), sentence(0, 80)), [0, 1, 2]);
  t.same(kept('', 'a', ''), [0, 1]);
});

t.test('a thousand texts are told apart in no time', async (t) => {
  const texts = Array.from({ length: 1_000 }, (_, index) => sentence(index * 40, 150));
  const started = process.cpuUsage();
  t.equal(kept(...texts, ...texts).length, 1_000);
  t.ok(process.cpuUsage(started).user < 3_000_000);
});
