/** No expression of ours takes more than proportionally longer when its text grows: whoever writes the text could stop the process (SEC-15). */
import t from 'tap';
import { configSchema } from '../../src/config/config-schema.js';
import { findSlowText, measureWorst } from './expressions/find-slow-text.js';
import { type FoundExpression, listExpressions } from './expressions/list-expressions.js';
import { readProjectFiles } from './project.js';

interface Exception {
  readonly file: string;
  /** As it begins. */
  readonly expression: string;
  /** Longest text that it is handed. */
  readonly characters: number;
  readonly why: string;
}

/** Slow ones whose texts are short: each is measured with the worst text of that length. */
const SHORT: readonly Exception[] = [
  { file: 'src/knowledge/extract/code-languages.ts', expression: '^', characters: 500, why: 'lines of code are cut (MAX_LINE)' },
  { file: 'src/knowledge/extract/code.ts', expression: '^(?:[})\\]]+', characters: 500, why: 'lines of code are cut (MAX_LINE)' },
  { file: 'src/knowledge/extract/markdown.ts', expression: '!?\\[', characters: 1_000, why: 'headings are cut (MAX_HEADING)' },
  { file: 'src/knowledge/extract/xlsx-dates.ts', expression: '"[^"]*"', characters: 1_000, why: 'formats are cut' },
  {
    file: 'src/providers/embedders/adapters/local/hashed-embedding.ts',
    expression: '\\p{L}.*',
    characters: 64,
    why: 'words are cut (MAX_WORD)',
  },
  {
    file: 'src/providers/llms/adapters/offline/compose-answer.ts',
    expression: '\\bwhat',
    characters: 500,
    why: 'questions are cut (MAX_ASKED)',
  },
];

/** Expressions that are put together of more than constants, and why nobody outside can make one that never ends. */
const COMPOSED: Readonly<Record<string, string>> = {
  'src/base/linear-expression/character-set.ts': 'a name of a property, of letters alone, for one character',
  'src/config/find-misfits.ts': 'patterns of our own schema, each of which is looked at below',
  'src/knowledge/extract/csv.ts': 'one class of three signs',
  'src/knowledge/extract/html.ts': 'names of elements, of letters alone',
  'src/knowledge/sources/glob.ts': 'patterns of the configuration',
  'src/providers/embedders/adapters/local/hashed-embedding.ts': 'classes of names of scripts',
  'src/providers/tools/adapters/files/grep-files.ts': 'on a thread of its own that is ended (grep-search.ts)',
  'src/providers/tools/adapters/files/grep-glob.ts': 'on a thread of its own that is ended (grep-search.ts)',
};

/** Far above what the texts named here take, far below what anybody notices. */
const SHORT_MS = 50;

t.test('every expression is linear in its text, or its text is short', { timeout: 110_000 }, async (t) => {
  const found = [...readProjectFiles(/^(src|workers)\/.*\.ts$/)].flatMap(([file, text]) => listExpressions(file, text));
  t.ok(found.length > 400, `${found.length} expressions`);
  const known = new Map<string, ReturnType<typeof findSlowText>>();
  const used = new Set<unknown>();
  for (const { file, line, expression } of found) {
    if (typeof expression === 'string') {
      used.add(file);
      if (COMPOSED[file] === undefined) t.fail(`${file}:${line}: ${expression} is none of COMPOSED`);
      continue;
    }
    const name = String(expression);
    const short = SHORT.find((one) => one.file === file && expression.source.startsWith(one.expression));
    if (short !== undefined) {
      used.add(short);
      const ms = measureWorst(expression, short.characters);
      if (ms === undefined || ms > SHORT_MS) t.fail(`${file}:${line}: ${name} takes ${ms} ms for ${short.characters} characters`);
      continue;
    }
    if (!known.has(name)) known.set(name, findSlowText(expression));
    if (known.get(name) !== undefined) t.fail(`${file}:${line}: ${name} is slow for ${JSON.stringify(known.get(name))}`);
  }
  t.same(
    [...Object.keys(COMPOSED), ...SHORT].filter((exception) => !used.has(exception)),
    [],
    'exceptions that nothing needs',
  );
});

t.test('no pattern of a key of the configuration is slow', { timeout: 60_000 }, async (t) => {
  const patterns = [...new Set(JSON.stringify(configSchema).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g))].map(
    ([, text = '']) => JSON.parse(text) as string,
  );
  t.ok(new Set(patterns).size > 20, `${patterns.length}`);
  for (const pattern of new Set(patterns)) t.equal(findSlowText(new RegExp(pattern, 'u')), undefined, pattern);
});

t.test('the gate sees what is slow, also where it is put together', { timeout: 60_000 }, async (t) => {
  const slow = [/^(a+)+$/, /[ \t]+\n/g, /!?\[([^\]]*)\]\(/];
  for (const expression of slow) t.not(findSlowText(expression), undefined, String(expression));
  const quick = [/^[\w-]+\.[\w-]+$/, /^(?:a|b)+$/, /(["'])(.{0,40})\1/, /[^\n]*\n?/g];
  for (const expression of quick) t.equal(findSlowText(expression), undefined, String(expression));
  const source = "const NAME = '[a-z]+'; const a = /x\\/+$/g; const b = new RegExp(`^${NAME}:`, 'i'); const c = RegExp(pattern);";
  t.same(
    listExpressions('x.ts', source).map(({ expression }: FoundExpression) => String(expression)),
    ['/x\\/+$/g', '/^[a-z]+:/i', 'RegExp(pattern)'],
  );
});
