import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import { parseConfigText } from '../../../src/config/parse-config-text.js';

function errorOf(text: string): AppError {
  try {
    parseConfigText(text, 'h.yaml');
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text.slice(0, 40)}`);
}

t.test('YAML and JSON give the same value (CFG-01)', async (t) => {
  const yaml = parseConfigText('agents:\n  a:\n    tools: [x, y]\n', 'h.yaml').value;
  t.same(yaml, parseConfigText('{\n\t"agents": {\n\t\t"a": {"tools": ["x", "y"]}\n\t}\n}', 'h.json').value);
});

t.test('syntax errors carry line, column and the text around', async (t) => {
  const error = errorOf('a: 1\nb: [1, 2\nc: "x\n');
  t.equal(error.code, 'CONFIG_SYNTAX');
  t.match(error.problems[0], { field: /^line \d+, column \d+$/ });
  t.match(error.problems[0]?.description, /\n.*\^/);
});

t.test('tabs, duplicate keys, unknown tags and second documents are refused', async (t) => {
  for (const text of ['a:\n\tb: 1', 'a: 1\na: 2', 'a: !!js/function x', 'a: 1\n---\nb: 2', 'a: *gone', 'a: &x [*x']) {
    t.equal(errorOf(text).code, 'CONFIG_SYNTAX', JSON.stringify(text));
  }
});

t.test('a root that is no mapping is refused; an empty file is an empty mapping', async (t) => {
  t.match(errorOf('- a').message, /holds a list/);
  t.match(errorOf('just text').message, /holds a single value/);
  t.same(parseConfigText('', 'h.yaml').value, {});
  t.same(parseConfigText('# only a comment\n', 'h.yaml').value, {});
});

t.test('aliases that multiply are refused quickly', { timeout: 10_000 }, async (t) => {
  const rows = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 12; level++)
    rows.push(
      `a${level}: &a${level} [${Array(9)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  t.equal(errorOf(rows.join('\n')).code, 'CONFIG_SYNTAX');
});

t.test('keys that name members of every object are refused and pollute nothing', async (t) => {
  for (const text of [
    '__proto__: {polluted: 1}',
    '{"a": {"__proto__": {"polluted": 1}}}',
    'agents: {constructor: {}}',
    'a: [{prototype: 1}]',
  ]) {
    t.match(errorOf(text).problems[0]?.description, /is not allowed/, text);
  }
  t.equal(({} as { polluted?: number }).polluted, undefined);
});

t.test('deep nesting of any kind is refused before it can end the process', { timeout: 20_000 }, async (t) => {
  const depth = 100_000;
  const staircase = Array.from({ length: 1_000 }, (_, level) => `${' '.repeat(level)}a:`).join('\n');
  for (const text of [
    '['.repeat(depth),
    '{a: '.repeat(depth),
    '[{a: '.repeat(depth),
    '- '.repeat(depth),
    '? '.repeat(depth),
    `a:\n${'- '.repeat(depth)}`,
    staircase,
  ]) {
    t.match(errorOf(text).message, /nests deeper than 200 levels at line \d+/, JSON.stringify(text.slice(0, 10)));
  }
  t.ok(parseConfigText(`a: ${'['.repeat(190)}${']'.repeat(190)}`, 'h.yaml'));
  t.ok(parseConfigText(`text: |\n  ${'['.repeat(1000)}\n  ${' '.repeat(1000)}x\nother: "${'{'.repeat(1000)}"\n`, 'h.yaml'));
});

t.test('anchors and merge keys work, and lines are found through them', async (t) => {
  const { value, locate } = parseConfigText('base: &base\n  port: 1\nserver:\n  <<: *base\n  host: h\nlist:\n  - a\n  - b\n', 'h.yaml');
  t.same(value.server, { port: 1, host: 'h' });
  t.equal(locate(['server', 'host']), 5);
  t.equal(locate(['list', 1]), 8);
  t.equal(locate(['server', 'absent']), 3);
  t.equal(locate(['absent']), undefined);
});
