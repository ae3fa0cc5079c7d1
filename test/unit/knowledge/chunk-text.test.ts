import t from 'tap';
import type { ChunkingSettings } from '../../../src/config/settings.js';
import { chunkText as chunk } from '../../../src/knowledge/chunking/chunk-text.js';

const base: ChunkingSettings = {
  strategy: 'simple',
  unit: 'characters',
  size: 40,
  overlap: 0,
  minSize: 10,
  maxSize: 60,
  preserveWords: true,
  sentencesPerChunk: 2,
  separators: ['\n\n', '\n', '. ', ' ', ''],
};
const chunkText = (text: string, settings: ChunkingSettings) => chunk({ text }, settings);
const texts = (text: string, settings: ChunkingSettings, form: 'text' | 'markdown' = 'text') =>
  chunk({ text, form }, settings).map((one) => one.text);

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

function wellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

t.test('recursive chunks are cut at the first separator that helps, the configured ones first (RAG-24)', async (t) => {
  const settings = { ...base, strategy: 'recursive' as const, minSize: 1, maxSize: 40 };
  t.same(texts('First paragraph of it.\n\nSecond one. It is a good deal longer than the first.\n\nThird.', settings), [
    'First paragraph of it.',
    'Second one.',
    'It is a good deal longer than the first.',
    'Third.',
  ]);
  t.same(texts('aaaa|bbbb|cccc', { ...settings, size: 6, separators: ['|'] }), ['aaaa|', 'bbbb|', 'cccc']);
  t.same(texts('aaaa|bbbb|cccc', { ...settings, size: 10, separators: ['|'] }), ['aaaa|bbbb|', 'cccc']);
  t.same(texts('One is short.\n\nTwo is as well.\n\nThree.', { ...settings, overlap: 8, size: 30 }), [
    'One is short.\n\nTwo is as well.',
    'as well.\n\nThree.',
  ]);
});

t.test('Markdown chunks begin at headings and cut neither code nor tables without need (RAG-24)', async (t) => {
  const settings = { ...base, strategy: 'markdown' as const, minSize: 10, size: 60, maxSize: 120 };
  const text = [
    ...['# Guide', '', 'Some introduction here.', '', '## Install', ''],
    ...['```sh', 'npm install hector', '', '# not a heading', 'npm run build', '```', ''],
    ...['## Table', '', '| key | value |', '| --- | --- |', '| alpha | first letter |', '| beta | second letter |', ''],
  ].join('\n');
  t.same(texts(text, settings, 'markdown'), [
    '# Guide\n\nSome introduction here.',
    '## Install\n\n```sh\nnpm install hector\n\n# not a heading\nnpm run build\n```',
    '## Table\n\n| key | value |\n| --- | --- |\n| alpha | first letter |\n| beta | second letter |',
  ]);
  const long = `## Code\n\n\`\`\`\n${'a line of code\n'.repeat(20)}\`\`\``;
  const cut = texts(long, settings);
  t.ok(cut.length > 2 && cut.every((one) => one.length <= 120), 'what is too long is cut');
  t.ok(
    cut.every((one) => /(^|\n)(a line of code|```)$/.test(one)),
    'between lines',
  );
});

t.test('semantic chunks are sections, paragraphs or definitions (RAG-21)', async (t) => {
  const settings = { ...base, strategy: 'semantic' as const, minSize: 10, size: 60, maxSize: 100 };
  t.same(texts('A first paragraph, which is short.\n\nA second one that follows it here.\n\nThe third.', settings), [
    'A first paragraph, which is short.',
    'A second one that follows it here.\n\nThe third.',
  ]);
  const code = 'import x\n\n# adds\ndef add(a, b):\n    return a + b\n\ndef multiply(a, b):\n    return a * b\n';
  const [add, multiply] = [code.indexOf('def add'), code.indexOf('def multiply')];
  const chunks = chunk(
    {
      text: code,
      form: 'code',
      landmarks: [
        { type: 'function', at: add, end: multiply - 1, name: 'add' },
        { type: 'function', at: multiply, end: code.length, name: 'multiply' },
      ],
    },
    { ...settings, minSize: 5 },
  );
  t.same(
    chunks.map(({ text, startLine, endLine, place }) => [text, startLine, endLine, place.functionName]),
    [
      ['import x', 1, 1, undefined],
      ['# adds\ndef add(a, b):\n    return a + b', 3, 5, 'add'],
      ['def multiply(a, b):\n    return a * b', 7, 8, 'multiply'],
    ],
  );
});

t.test('chunks know their pages and the headings that they stand under (RAG-23)', async (t) => {
  const text = 'Title here\nintro words\nPart one\nbody of one\nPart two\nbody of two';
  const at = (part: string) => text.indexOf(part);
  const chunks = chunk(
    {
      text,
      landmarks: [
        { type: 'page', at: 0, number: 1 },
        { type: 'heading', at: 0, level: 1, name: 'Title here' },
        { type: 'heading', at: at('Part one'), level: 2, name: 'Part one' },
        { type: 'page', at: at('body of one'), number: 2 },
        { type: 'heading', at: at('Part two'), level: 2, name: 'Part two' },
      ],
    },
    { ...base, size: 24, minSize: 5, maxSize: 30 },
  );
  t.same(
    chunks.map(({ text: words, place }) => [words, place]),
    [
      ['Title here\nintro words', { startPage: 1, endPage: 1, section: 'Title here' }],
      ['Part one\nbody of one', { startPage: 1, endPage: 2, section: 'Title here > Part one' }],
      ['Part two\nbody of two', { startPage: 2, endPage: 2, section: 'Title here > Part two' }],
    ],
  );
});
