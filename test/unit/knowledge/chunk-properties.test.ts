/** What must hold of chunks for every strategy and unit, whatever the text and the settings (RAG-20…24, W-77). */
import { countTokens } from 'gpt-tokenizer/esm/encoding/cl100k_base';
import t from 'tap';
import type { ChunkingSettings } from '../../../src/config/settings.js';
import { type ChunkableText, chunkRanges, chunkText } from '../../../src/knowledge/chunking/chunk-text.js';
import { extractCode } from '../../../src/knowledge/extract/code.js';
import { extractMarkdown } from '../../../src/knowledge/extract/markdown.js';
import { chooseSeed, isLongForm } from '../../support/long-form.js';
import { createRandom } from '../../support/random.js';

const STRATEGIES = ['simple', 'overlapping', 'sentence', 'recursive', 'semantic', 'markdown'] as const;
const UNITS = ['characters', 'tokens'] as const;
const PIECES = [
  ...['a', 'bc', 'defg', 'Word', 'function', 'understanding ', ' ', '  ', '\n', '\n\n', '\t', '. ', '! ', '"', '。', '\u3000', '\u00a0'],
  ...[
    '😀',
    '👩‍👩‍👧',
    '漢字',
    'é',
    'x'.repeat(70),
    '_'.repeat(90),
    '\n# Heading\n',
    '\n## Second\n\n',
    '\n```\n',
    '\n| a | b |\n',
    '\n- item ',
  ],
  ...['\nfunction name() {\n', '\n}\n', '\n  method(x) {\n', '\nclass Some {\n', '12345678', 'https://example.org/a?b=c'],
];
const count = (text: string) => countTokens(text, { disallowedSpecial: new Set() });
const FORMS = [(text: string): ChunkableText => ({ text }), extractMarkdown, (text: string) => extractCode(text, '.ts')];

for (const strategy of STRATEGIES) {
  for (const unit of UNITS) {
    t.test(`${strategy} by ${unit}: all is covered, in order, within limits, with its lines, the same each time (RAG-22)`, async (t) => {
      const seed = chooseSeed(7);
      const { next: random } = createRandom(seed);
      for (let round = 0; round < 150; round++) {
        const source = Array.from({ length: Math.floor(random() * 120) }, () => PIECES[Math.floor(random() * PIECES.length)]).join('');
        const document = (FORMS[round % FORMS.length] as (typeof FORMS)[0])(source);
        const least = unit === 'tokens' ? 16 : 5;
        const settings: ChunkingSettings = {
          strategy,
          unit,
          size: 1 + Math.floor(random() * 120),
          overlap: Math.floor(random() * 60),
          minSize: Math.floor(random() * 60),
          maxSize: least + Math.floor(random() * 100),
          preserveWords: random() < 0.7,
          sentencesPerChunk: 1 + Math.floor(random() * 4),
          separators: random() < 0.5 ? ['\n\n', '\n', ' ', ''] : ['. ', '|'],
        };
        const problem = findProblem(document, settings);
        if (problem !== undefined) return void t.fail(`${problem} (seed ${seed}): ${JSON.stringify({ source, settings })}`);
      }
      t.pass('150 rounds');
    });
  }
}

t.test(
  'time grows with the length: one line of megabytes, runs of marks, spaces, fences and separators',
  { timeout: isLongForm ? 3_600_000 : 100_000 },
  async (t) => {
    const million = isLongForm ? 10_000_000 : 300_000;
    const hostile = {
      'one word': 'x'.repeat(million),
      'one line': 'lorem ipsum dolor sit amet '.repeat(million / 27),
      marks: '.'.repeat(million),
      'marks and quotes': '."'.repeat(million / 2),
      spaces: `a${' '.repeat(million)}b`,
      'spaced marks': '. a'.repeat(million / 3),
      'empty lines': `a${'\n \n'.repeat(million / 3)}b`,
      fences: '```\n'.repeat(million / 4),
      rows: '|a|b\n'.repeat(million / 5),
      headings: '# a\n'.repeat(million / 4),
      underlines: 'a\n-\n'.repeat(million / 4),
      pairs: '😀'.repeat(million / 2),
    };
    for (const unit of UNITS) {
      for (const strategy of STRATEGIES) {
        for (const [name, text] of Object.entries(hostile)) {
          // Tokens cost more; a quadratic one would take minutes of either.
          const source = unit === 'tokens' ? text.slice(0, text.length / 10) : text;
          const settings: ChunkingSettings = {
            ...{ strategy, unit, size: 500, overlap: 100, minSize: 50, maxSize: 1000, preserveWords: true },
            ...{ sentencesPerChunk: 5, separators: ['\n\n', '\n', ' ', ''] },
          };
          const started = performance.now();
          const chunks = chunkText({ ...extractMarkdown(source), form: 'markdown' }, settings, count);
          const ms = performance.now() - started;
          if (ms > million / 200 || chunks.length === 0)
            t.fail(`${strategy} by ${unit}, ${name}: ${Math.round(ms)} ms, ${chunks.length} chunks`);
        }
      }
    }
    t.pass('no case took more than a second for 200,000 characters');
  },
);

/** The first thing that does not hold. */
function findProblem(document: ChunkableText, settings: ChunkingSettings): string | undefined {
  const { text } = document;
  const chunks = chunkText(document, settings, count);
  const ranges = chunkRanges(document, settings, count);
  if (JSON.stringify(chunkText(document, settings, count)) !== JSON.stringify(chunks)) return 'not deterministic';
  let covered = 0;
  for (const [index, { start, end }] of ranges.entries()) {
    const chunk = chunks[index];
    const content = text.slice(start, end);
    if (chunk?.text !== content || end <= start) return `chunk ${index} is not its range`;
    const size = settings.unit === 'tokens' ? count(content) : content.length;
    if (size > settings.maxSize) return `chunk ${index} is ${size} long: ${JSON.stringify(content)}`;
    if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(content))
      return `chunk ${index} splits a surrogate pair`;
    if (start <= (ranges[index - 1]?.start ?? -1)) return `chunk ${index} does not move on`;
    if (text.slice(covered, start).trim() !== '') return `left out before chunk ${index}: ${JSON.stringify(text.slice(covered, start))}`;
    const lineOf = (at: number) => text.slice(0, at).split('\n').length;
    if (chunk.startLine !== lineOf(start) || chunk.endLine !== lineOf(end)) return `chunk ${index} has wrong lines`;
    covered = Math.max(covered, end);
  }
  return text.slice(covered).trim() === '' ? undefined : 'the end is left out';
}
