import t from 'tap';
import { interpolate } from '../../../src/config/interpolate.js';

const environment = { NAME: 'world', EMPTY: '', TRICKY: '${NAME} $NAME', KEY: 'sk' };

t.test('every form of a variable gives its value (CFG-03, W-100)', async (t) => {
  const forms: readonly (readonly [string, string])[] = [
    ['${NAME}', 'world'],
    ['hello ${NAME}!', 'hello world!'],
    ['${NAME}${KEY}', 'worldsk'],
    ['${NONE:-text}', 'text'],
    ['${NONE:text}', 'text'],
    ['${NONE:-}', ''],
    ['${NONE:}', ''],
    ['${EMPTY:-text}', 'text'],
    ['${EMPTY}', ''],
    ['${NAME:-text}', 'world'],
    ['${NONE:-http://host:80/a}', 'http://host:80/a'],
    ['${NONE:http://host:80/a}', 'http://host:80/a'],
    ['${NONE:-${NAME}}', 'world'],
    ['${NONE:-a ${ALSO:-${KEY}} b} c', 'a sk b c'],
    ['$NAME', 'world'],
    ['$$NAME', '$NAME'],
    ['$${NAME}', '${NAME}'],
    ['a $${NAME} b ${NAME}', 'a ${NAME} b world'],
    ['costs $NAME 5', 'costs $NAME 5'],
    ['pa$$word', 'pa$$word'],
    ['{"a": {"b": 1}}', '{"a": {"b": 1}}'],
    ['5$', '5$'],
    ['', ''],
  ];
  for (const [text, wanted] of forms) {
    const { value, findings } = interpolate({ key: text }, environment);
    t.same([value, findings], [{ key: wanted }, []], text);
  }
});

t.test('variables are replaced at any depth, in mappings and lists, never in keys (CFG-04)', async (t) => {
  t.same(interpolate({ a: [{ '${NAME}': ['${NAME}', 1, null, true] }] }, environment).value, {
    a: [{ '${NAME}': ['world', 1, null, true] }],
  });
});

t.test('what comes out of a variable is not interpolated again and cannot break the structure', async (t) => {
  t.same(interpolate({ a: '${TRICKY}' }, environment).value, { a: '${NAME} $NAME' });
  t.same(interpolate({ a: '${BREAK}' }, { BREAK: '"\n- b: {' }).value, { a: '"\n- b: {' });
});

t.test('a missing or malformed variable is a problem that names the place (CFG-03, W-100)', async (t) => {
  const { findings } = interpolate(
    { a: ['x', '${GONE}'], b: '${', c: '${1x}', d: '${a.b}', e: '$GONE', f: '${}', g: '${toString}' },
    environment,
  );
  t.match(findings, [
    { path: ['a', 1], description: 'the variable GONE is not set; set it, or write a default: ${GONE:-text}' },
    { path: ['b'], description: /'\$\{' is not of the form/ },
    { path: ['c'], description: /'\$\{1x\}' is not of the form/ },
    { path: ['d'], description: /write \$\$\{ for a literal/ },
    { path: ['e'], description: /GONE is not set/ },
    { path: ['f'], description: /is not of the form/ },
    { path: ['g'], description: /toString is not set/ },
  ]);
  t.equal(findings.length, 7);
});

t.test('defaults may stand one within the other, and more of them than anybody writes are a problem, not a crash (CFG-03)', async (t) => {
  const nested = (depth: number) => `${'${A:-'.repeat(depth)}end${'}'.repeat(depth)}`;
  t.same(interpolate({ a: nested(16) }, {}), { value: { a: 'end' }, findings: [] });
  for (const depth of [17, 100_000])
    t.match(interpolate({ a: ['x', nested(depth)] }, {}).findings, [
      { path: ['a', 1], description: /one within the other more than 16 times/ },
    ]);
  t.match(interpolate({ a: '${'.repeat(200_000) }, {}).findings, [{ path: ['a'], description: /is not of the form/ }]);
});
