import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import { parseConfigText } from '../../../src/config/parse-config-text.js';

function errorOf(text: string, file = 'h.yaml'): AppError {
  try {
    parseConfigText(text, file);
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

t.test('an alias inside its own anchor is refused where it stands', async (t) => {
  for (const [text, line] of [
    ['agents: &a\n  x: *a\n', 2],
    ['agents: &a\n  x: &b\n    y: [1, *a]\n', 3],
    ['agents: &a\n  <<: *a\n', 2],
  ] as const) {
    const error = errorOf(text);
    t.match(error, { code: 'CONFIG_SYNTAX', message: /^h\.yaml / });
    t.match(error.problems, [{ field: new RegExp(`^line ${line}, column \\d+$`), description: /alias \*a .* write the value out/, line }]);
  }
  const { value } = parseConfigText('a: &x {n: 1}\nb: &y {m: *x}\nc: &x {m: *y}\nd: *x\n', 'h.yaml');
  t.same(value.d, { m: { m: { n: 1 } } }, 'an anchor may be used again');
});

t.test('several documents in one file are refused in our own words', async (t) => {
  const [problem] = errorOf('a: 1\n---\nb: 2\n').problems;
  t.match(problem, { field: 'line 2, column 1', description: /one document.*remove this '---'/ });
  t.notMatch(problem?.description, /YAML\./);
});

t.test('a .json file is read as JSON: what only YAML allows is refused where it stands', async (t) => {
  const refused = (text: string) => {
    const error = errorOf(text, 'h.json');
    t.match(error, { code: 'CONFIG_SYNTAX', message: 'h.json is not valid JSON' }, text);
    return error.problems[0];
  };
  t.match(refused('{\n  "a": 1,\n}\n'), { field: 'line 3, column 1', description: /wanted a key in double quotes/, line: 3 });
  t.match(refused('{"a": [1, 2,]}'), { field: 'line 1, column 13', description: /wanted a value/ });
  t.match(refused("{'a': 1}"), { field: 'line 1, column 2', description: /wanted a key in double quotes/ });
  t.match(refused('{"a": yes}'), { field: 'line 1, column 7', description: /wanted a value/ });
  t.match(refused('{"a": 01}'), { field: 'line 1, column 8', description: /wanted , or }/ });
  t.match(refused('{"a" 1}'), { field: 'line 1, column 6', description: /wanted :/ });
  t.match(refused('{"a": 1} // c'), { field: 'line 1, column 10', description: /wanted the end/ });
  t.match(refused('{"a": "x\ty"}'), { field: 'line 1, column 7', description: /wanted a value/ });
  t.match(refused('{"a": [1'), { field: 'line 1, column 9', description: /wanted , or \]/ });
  t.match(refused('# nothing\n'), { field: 'line 1, column 1', description: /wanted a value/ });
  t.same(parseConfigText('\n{"a": [-1.5, true, null, "\\u00e4\\n"], "b": {}, "c": []}', 'h.json').value.a, [-1.5, true, null, 'ä\n']);
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

t.test('numbers keep the form that they were written in, but where the schema leaves it open they are numbers (CFG-05, G4)', async (t) => {
  const yaml = `
version: 1.0
agents:
  params:
    card: { version: 1.50 }
    extensions:
      - uri: urn:a:v1
        params: { rate: 1.50, big: 1e3, hex: 0x10, yes: True, text: "1.50", deep: [{ n: 2.0 }], card: { version: 3.0 } }
`;
  t.match(parseConfigText(yaml, 'h.yaml').value, {
    version: '1.0',
    agents: {
      params: {
        card: { version: '1.50' },
        extensions: [{ params: { rate: 1.5, big: 1000, hex: 16, yes: true, text: '1.50', deep: [{ n: 2 }], card: { version: 3 } } }],
      },
    },
  });
});
