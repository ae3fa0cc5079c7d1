import t from 'tap';
import { compileExpression } from '../../../../src/base/linear-expression/compile-expression.js';
import { compileWords } from '../../../../src/base/linear-expression/find-words.js';
import { ExpressionError } from '../../../../src/base/linear-expression/parse-expression.js';
import { searchExpression } from '../../../../src/base/linear-expression/search-expression.js';
import { createRandom } from '../../../support/random.js';

function foundIn(source: string, text: string): readonly string[] {
  return searchExpression(compileExpression(source), text).spans.map(({ start, end }) => text.slice(start, end));
}

t.test('what an expression means is what JavaScript means by it', async (t) => {
  for (const [source, text, found] of [
    ['a+b', 'caaabxab', ['aaab', 'ab']],
    ['(?i)foo\\b', 'FOO food foo', ['FOO', 'foo']],
    ['^x|y$', 'xyxy', ['x', 'y']],
    ['(?m)^b$', 'a\nb\nc', ['b']],
    ['a.b', 'a\nb a-b', ['a-b']],
    ['(?s)a.b', 'a\nb', ['a\nb']],
    ['\\p{Lu}+[^\\s\\d]', 'aÄÖb 1', ['ÄÖb']],
    ['(?:ab|c){2}', 'abc xab', ['abc']],
    ['\\d{3}-\\d{2}', '123-45', ['123-45']],
    ['[\\w.-]+@x', 'a.b-c@x', ['a.b-c@x']],
    ['\\u{1F600}|\\x41', '😀A', ['😀', 'A']],
    ['(?<year>\\d{4})?!', 'x! 2024!', ['!', '2024!']],
    ['\\Bing', 'sing ing', ['ing']],
    ['\\ud83d\\ude00', '😀', ['😀']],
    ['a{,2}\\{1}', 'a{,2}{1}', ['a{,2}{1}']],
    ['x(?:(?:(?:(?:){1000}){1000}){1000}){1000}', 'x', ['x']],
  ] as const)
    t.same(foundIn(source, text), found, source);
});

t.test('what an expression finds is what JavaScript finds, for random ones', async (t) => {
  const random = createRandom(7);
  const atom = (depth: number): string => {
    const kind = random.below(depth > 2 ? 4 : 6);
    if (kind < 2) return random.pick(['a', 'b', 'c']);
    if (kind === 2) return random.pick(['[ab]', '[^a]', '.', '\\b']);
    if (kind === 3) return `${random.pick(['a', '[bc]'])}${random.pick(['*', '+', '?', '{2}', '{1,3}'])}`;
    return kind === 4 ? `(?:${atom(depth + 1)}|${atom(depth + 1)})` : `(?:${atom(depth + 1)}${atom(depth + 1)})`;
  };
  let compared = 0;
  for (let round = 0; round < 300; round++) {
    const source = `${random.pick(['a', 'b', ''])}${atom(0)}${atom(0)}${random.pick(['a', 'b', 'c'])}`;
    const text = Array.from({ length: 12 }, () => random.pick(['a', 'b', 'c', ' '])).join('');
    const spans = searchExpression(compileExpression(source), text).spans;
    const covered = Array.from(text, (_, at) => spans.some(({ start, end }) => at >= start && at < end));
    // Every beginning and every end, as one after the other.
    const expected = Array.from(text, () => false);
    for (let start = 0; start < text.length; start++)
      for (let end = start + 1; end <= text.length; end++) if (isExactly(source, text, start, end)) expected.fill(true, start, end);
    compared += 1;
    t.same(covered, expected, `${source} in '${text}'`);
  }
  t.equal(compared, 300);
});

function isExactly(source: string, text: string, start: number, end: number): boolean {
  const expression = new RegExp(`(?:${source})(?=[^]{${text.length - end}}$)`, 'y');
  expression.lastIndex = start;
  const found = expression.exec(text)?.[0];
  return found !== undefined && start + found.length === end;
}

t.test('an expression that only backtracking can follow, or that is everywhere, is refused in words', async (t) => {
  for (const [source, message] of [
    ['(?=a)b', /looks ahead or behind/],
    ['(a)\\1', /refers to a group/],
    ['(?<n>a)\\k<n>', /refers to a group/],
    ['(', /not closed/],
    ['a)', /closes nothing/],
    ['[a', /not closed/],
    ['*a', /repeats nothing/],
    ['a**', /repeated already/],
    ['a{3,2}', /at least 3 and at most 2/],
    ['a{1001}', /more than 1000 times/],
    ['a{10000000}', /more than 1000/],
    ['a{2,10000000}', /more than 1000/],
    ['a{2}{3}', /repeated already/],
    ['{3}', /repeats nothing/],
    ['a'.repeat(20_001), /20001 characters/],
    ['(?:a{1000}){1000}', /too large/],
    ['a*', /empty text/],
    ['\\q', /means nothing/],
    ['\\p{Nonsense}', /no property/],
    ['[[:alpha:]]', /POSIX/],
    ['('.repeat(60) + ')'.repeat(60), /nested/],
    ['a\\', /backslash/],
  ] as const)
    t.throws(() => compileExpression(source), { message }, source);
  try {
    compileExpression('(');
  } catch (error) {
    t.ok(error instanceof ExpressionError);
  }
  t.same(foundIn('^[a-z]*$', 'abc'), ['abc'], 'where only a border holds the empty text it is taken');
});

t.test('expressions that stop other engines take a time in proportion to the text (SEC-15)', async (t) => {
  for (const source of ['(a+)+$', '(a|aa)+x', '(a*)*b', '(?:a?){50}a{50}b', '.*.*.*=x']) {
    const expression = compileExpression(source);
    const measure = (length: number) => {
      const start = process.cpuUsage().user;
      searchExpression(expression, 'a'.repeat(length));
      return process.cpuUsage().user - start;
    };
    measure(2_000);
    const [short, long] = [Math.min(measure(4_000), measure(4_000)), Math.min(measure(32_000), measure(32_000))];
    t.ok(long < Math.max(short, 2_000) * 32, `${source}: ${short} µs, ${long} µs`);
  }
});

t.test('words are found in any case, wherever they stand and however they are spaced', async (t) => {
  const words = compileWords(['secret', 'top secret', 'seem', 'SECRET']);
  const text = 'A Top\n\nSecret, SECRETS, seem; see';
  t.same(
    searchExpression(words, text).spans.map(({ start, end }) => text.slice(start, end)),
    ['Top\n\nSecret', 'SECRET', 'seem'],
  );
  t.same(searchExpression(compileWords([]), 'anything').spans, []);
});

t.test('of a text that goes on it is told from where something may still become more (GRD-11)', async (t) => {
  const search = (text: string) => searchExpression(compileExpression('ab+c|x'), text, { isOpen: true });
  t.same(search('zzabb'), { spans: [], openFrom: 2 });
  t.same(search('zzabbd'), { spans: [], openFrom: 6 });
  t.same(search('abc').openFrom, 0, 'what is complete is decided by the next character');
  t.same(search('abcz'), { spans: [{ start: 0, end: 3 }], openFrom: 4 });
  t.equal(search('z\ud83d').openFrom, 1, 'half a character');
});
