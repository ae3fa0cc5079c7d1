import t from 'tap';
import { canonicalizeJson } from '../../../src/base/jcs.js';

t.test('the example of RFC 8785 comes out byte for byte (G2)', async (t) => {
  const input = `{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
    "literals": [null, true, false]
  }`;
  const bytes =
    '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d';
  t.equal(Buffer.from(canonicalizeJson(JSON.parse(input)), 'utf8').toString('hex'), bytes);
});

t.test('members are ordered by the UTF-16 code units of their names, at every depth (G2)', async (t) => {
  const input = JSON.parse(
    '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}',
  );
  t.equal(
    canonicalizeJson(input),
    '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
  );
  t.equal(
    canonicalizeJson([{ 9: 1, 10: 2, a: { b: [], a: {} } }]),
    '[{"10":2,"9":1,"a":{"a":{},"b":[]}}]',
    'names like numbers are texts; lists keep their order',
  );
});

t.test('numbers are written as ECMAScript does (G2)', async (t) => {
  // The table of RFC 8785 appendix B, by the bits of the number.
  const cases: [string, string][] = [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ];
  for (const [bits, text] of cases) t.equal(canonicalizeJson(Buffer.from(bits, 'hex').readDoubleBE()), text, bits);
});

t.test('what is no JSON is refused, members that are undefined do not exist (G2)', async (t) => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '\ud800', { '\udc00': 1 }, [undefined], () => 1, undefined, 1n])
    t.throws(() => canonicalizeJson(value), { code: 'INTERNAL' });
  t.equal(canonicalizeJson({ a: undefined, b: '\ud83d\ude00' }), '{"b":"\ud83d\ude00"}');
});
