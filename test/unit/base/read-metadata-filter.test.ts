import t from 'tap';
import { readMetadataFilter } from '../../../src/base/read-metadata-filter.js';

t.test('values, lists and bounds are conditions', async (t) => {
  const filter = { a: 'x', b: 1, c: true, d: ['x', 2, false], e: { gte: 1, lt: '2' } };
  t.same(readMetadataFilter(filter), { type: 'filter', filter });
  t.same(readMetadataFilter({}), { type: 'filter', filter: {} });
});

t.test('whatever else is refused, with its place: a condition that is not understood must not let everything through', async (t) => {
  for (const value of [
    undefined,
    null,
    'a',
    1,
    ['a'],
    { '': 1 },
    JSON.parse('{"__proto__": 1}'),
    Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`k${n}`, 1])),
  ])
    t.match(readMetadataFilter(value), { type: 'invalid', path: '' });
  const conditions = [
    null,
    [],
    [null],
    [['x']],
    {},
    { eq: 1 },
    { gt: null },
    { gt: true },
    { gte: 1, or: 2 },
    Number.NaN,
    'x'.repeat(1_001),
    Array(101).fill(1),
  ];
  for (const condition of conditions)
    t.match(readMetadataFilter({ key: condition }), { type: 'invalid', path: 'key' }, JSON.stringify(condition));
});
