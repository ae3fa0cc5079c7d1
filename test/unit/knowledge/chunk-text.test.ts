import t from 'tap';
import type { ChunkingSettings } from '../../../src/config/settings.js';
import { chunkRanges, chunkText } from '../../../src/knowledge/chunking/chunk-text.js';

const base: ChunkingSettings = {
  strategy: 'simple',
  size: 40,
  overlap: 0,
  minSize: 10,
  maxSize: 60,
  preserveWords: true,
  sentencesPerChunk: 2,
};

t.test('simple chunks keep words whole and know their lines (RAG-20, RAG-23)', async (t) => {
  const text = 'alpha beta gamma delta\nepsilon zeta eta theta iota\nkappa lambda mu nu xi omicron pi';
  t.same(chunkText(text, base), [
    { text: 'alpha beta gamma delta\nepsilon zeta eta', startLine: 1, endLine: 2, place: {} },
    { text: 'theta iota\nkappa lambda mu nu xi omicron pi', startLine: 2, endLine: 3, place: {} },
  ]);
});

t.test('a text below the minimum is one chunk, white space is none', async (t) => {
  t.same(chunkText('hi', base), [{ text: 'hi', startLine: 1, endLine: 1, place: {} }]);
  t.same(chunkText('', base), []);
  t.same(chunkText(' \n\t\n ', base), []);
  t.same(chunkText('\n\n  late  \n', base), [{ text: 'late', startLine: 3, endLine: 3, place: {} }]);
});

t.test('one long line without spaces is cut, and no surrogate pair with it (W-77)', async (t) => {
  const chunks = chunkText('😀'.repeat(100), { ...base, size: 41 });
  t.ok(chunks.length > 2);
  t.ok(chunks.every((chunk) => wellFormed(chunk.text)));
  t.ok(chunks.every((chunk) => chunk.text.length <= 60));
  t.equal(chunks.map((chunk) => chunk.text).join(''), '😀'.repeat(100));
});

t.test('a word longer than the size is kept whole up to the maximum', async (t) => {
  const word = 'w'.repeat(50);
  t.same(
    chunkText(`${word} ${word} ${word}`, base).map((chunk) => chunk.text),
    [word, word, word],
  );
});

t.test('overlapping chunks repeat whole words of the chunk before (RAG-21)', async (t) => {
  const words = Array.from({ length: 60 }, (_, index) => `word${index}`);
  for (const settings of [
    { ...base, strategy: 'overlapping' as const, overlap: 15 },
    { ...base, overlap: 15 },
  ]) {
    const chunks = chunkText(words.join(' '), settings);
    for (let index = 1; index < chunks.length; index++) {
      const [first] = (chunks[index]?.text ?? '').split(' ');
      t.ok(chunks[index - 1]?.text.split(' ').includes(first as string), `chunk ${index} begins inside the one before`);
    }
    t.ok(chunks.every((chunk) => chunk.text.split(' ').every((word) => words.includes(word))));
  }
  const plain = chunkText(words.join(' '), { ...base, strategy: 'overlapping' });
  t.ok(plain[0]?.text.includes(plain[1]?.text.split(' ')[0] as string), 'without an overlap of its own, a fifth of the size');
});

t.test('sentence chunks group whole sentences (RAG-21)', async (t) => {
  const settings = { ...base, strategy: 'sentence' as const, minSize: 1, maxSize: 200 };
  const text = 'First one. Second one! Is this the third? Yes, e.g. this one goes on.\n\nA title\n\nLast "quoted." End';
  t.same(
    chunkText(text, settings).map((chunk) => chunk.text),
    ['First one. Second one!', 'Is this the third? Yes, e.g. this one goes on.', 'A title\n\nLast "quoted."', 'End'],
  );
  t.same(
    chunkText('これは文です。次の文です！最後。', { ...settings, sentencesPerChunk: 1 }).map((chunk) => chunk.text),
    ['これは文です。', '次の文です！', '最後。'],
  );
  t.same(
    chunkText('One. Two. Three. Four. Fifth.', { ...settings, minSize: 12, sentencesPerChunk: 1 }).map((chunk) => chunk.text),
    ['One. Two. Three.', 'Four. Fifth.'],
  );
  const overlapping = chunkText('Aaa one. Bbb two. Ccc three. Ddd four.', { ...settings, overlap: 10 });
  t.same(
    overlapping.map((chunk) => chunk.text),
    ['Aaa one. Bbb two.', 'Bbb two. Ccc three.', 'Ccc three. Ddd four.'],
  );
  t.ok(
    chunkText(`${'long '.repeat(100)}end.`, settings).every((chunk) => chunk.text.length <= 200),
    'an overlong sentence is cut',
  );
});

t.test('whatever the text and the settings: all is covered, in order, within limits, the same each time (RAG-22)', async (t) => {
  const random = generator(7);
  const pieces = [
    'a',
    'bc',
    'defg',
    ' ',
    '  ',
    '\n',
    '\n\n',
    '. ',
    '! ',
    '😀',
    '漢字',
    'x'.repeat(70),
    'é',
    '\t',
    '。',
    '\u3000',
    '"',
    'Word',
  ];
  for (let round = 0; round < 400; round++) {
    const text = Array.from({ length: Math.floor(random() * 120) }, () => pieces[Math.floor(random() * pieces.length)]).join('');
    const maxSize = 5 + Math.floor(random() * 100);
    const settings: ChunkingSettings = {
      strategy: (['simple', 'overlapping', 'sentence'] as const)[round % 3] as 'simple',
      size: 1 + Math.floor(random() * 120),
      overlap: Math.floor(random() * 60),
      minSize: Math.floor(random() * 60),
      maxSize,
      preserveWords: random() < 0.7,
      sentencesPerChunk: 1 + Math.floor(random() * 4),
    };
    const chunks = chunkText(text, settings);
    const label = JSON.stringify({ text, settings });
    if (JSON.stringify(chunkText(text, settings)) !== JSON.stringify(chunks)) t.fail(`not deterministic: ${label}`);
    const ranges = chunkRanges(text, settings);
    let covered = 0;
    ranges.forEach(({ start, end }, index) => {
      const chunk = chunks[index];
      if (chunk?.text !== text.slice(start, end) || end <= start) t.fail(`not its range: ${label}`);
      if (end - start > maxSize) t.fail(`too long: ${label}`);
      if (!wellFormed(text.slice(start, end))) t.fail(`a split surrogate pair: ${label}`);
      if (start <= (ranges[index - 1]?.start ?? -1)) t.fail(`not moving on: ${label}`);
      if (text.slice(covered, start).trim() !== '') t.fail(`left out: ${label}`);
      if (chunk?.startLine !== text.slice(0, start).split('\n').length || chunk.endLine !== text.slice(0, end).split('\n').length)
        t.fail(`wrong lines: ${label}`);
      covered = Math.max(covered, end);
    });
    if (text.slice(covered).trim() !== '') t.fail(`end left out: ${label}`);
  }
  t.pass('400 rounds');
});

function wellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
