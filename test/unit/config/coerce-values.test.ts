import t from 'tap';
import { coerceValues } from '../../../src/config/coerce-values.js';
import { parseDuration } from '../../../src/config/duration.js';
import { choice, duration, flag, integer, list, number, type SchemaNode, section, text } from '../../../src/config/schema-builder.js';

const coerce = (schema: unknown, value: unknown) => coerceValues(schema as SchemaNode, value);

t.test('text becomes what the schema wants there (CFG-05)', async (t) => {
  t.equal(coerce(integer(''), ' 8080 '), 8080);
  t.equal(coerce(integer(''), '0x10'), 16);
  t.equal(coerce(integer(''), '1e3'), 1000);
  t.equal(coerce(number(''), '-0.5'), -0.5);
  for (const word of ['true', 'TRUE', 'yes', 'on', '1']) t.equal(coerce(flag(''), word), true);
  for (const word of ['false', 'No', 'off', '0']) t.equal(coerce(flag(''), word), false);
  t.equal(coerce(duration(''), '1m'), 60_000);
  t.same(coerce(list(integer(''), ''), '1, 2,,3 '), [1, 2, 3]);
  t.same(coerce(list(text(''), ''), ''), []);
  t.equal(coerce(text(''), 12), '12');
  t.equal(coerce(choice(['a'], '', { 'x-aliases': { b: 'a' } }), 'b'), 'a');
});

t.test('what does not fit stays as it is, for validation to report', async (t) => {
  for (const value of ['', 'eight', '1 2', '--1', null, true, [1]]) t.same(coerce(integer(''), value), value);
  for (const value of ['maybe', '', null, 1]) t.same(coerce(flag(''), value), value);
  t.same(coerce(text(''), ['a']), ['a']);
  t.equal(coerce(list(text(''), ''), null), null);
});

t.test('a mapping with nothing behind its key is an empty one', async (t) => {
  t.same(coerce(section({ a: text('') }, ''), null), {});
});

t.test('durations are read in every unit and combination', async (t) => {
  t.same(
    ['500ms', '1s', '1.5s', '2m30s', '1h', '2d', '250', '0'].map(parseDuration),
    [500, 1000, 1500, 150_000, 3_600_000, 172_800_000, 250, 0],
  );
  t.same(['', 's', '1', '1x', '-1s', '1s 2', '1 s', 'PT1S'].map(parseDuration), [
    undefined,
    undefined,
    1,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
