import t from 'tap';
import { exceedsJsonBytes, surelyExceedsJsonBytes } from '../../../src/base/json-size.js';

t.test('whether JSON is larger than a limit is told to the byte', async (t) => {
  for (const value of ['é'.repeat(100), { a: ['\u0000'.repeat(50), 1.5, null, { b: true }] }, [], 'plain', { 'é"': [1, 2, 3] }]) {
    const bytes = Buffer.byteLength(JSON.stringify(value));
    t.equal(exceedsJsonBytes(value, bytes), false);
    t.equal(exceedsJsonBytes(value, bytes - 1), true);
  }
  t.equal(exceedsJsonBytes([undefined, { a: undefined }], 100), false);
});

t.test('what is far too large is told before it is written out, whatever it is', async (t) => {
  t.ok(surelyExceedsJsonBytes({ raw: Buffer.alloc(1_000) }, 1_300));
  t.notOk(surelyExceedsJsonBytes({ raw: Buffer.alloc(1_000) }, 1_400));
  t.ok(surelyExceedsJsonBytes({ raw: new Float64Array(1_000) }, 8_000));
  t.ok(surelyExceedsJsonBytes(['a'.repeat(600), 'b'.repeat(600)], 1_000));
  t.notOk(surelyExceedsJsonBytes({ skip: undefined, run() {} }, 10));
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  t.notOk(surelyExceedsJsonBytes(circle, 100_000), 'a circle is no JSON: that is for others to say');
});
