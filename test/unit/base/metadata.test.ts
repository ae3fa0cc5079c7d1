import t from 'tap';
import { type MetadataFilter, matchesFilter } from '../../../src/base/metadata.js';

const book = { store: 'books', page: 12, isDraft: false, version: '1.10', empty: '', zero: 0 };
const matches = (filter: MetadataFilter) => matchesFilter(book, filter);

t.test('a value must be equal, of the same kind, and there (VEC-07)', async (t) => {
  t.ok(matches({ store: 'books', page: 12, isDraft: false }));
  t.ok(matches({ empty: '', zero: 0 }));
  t.notOk(matches({ store: 'Books' }));
  t.notOk(matches({ page: '12' }));
  t.notOk(matches({ isDraft: 'false' }));
  t.notOk(matches({ zero: false }));
  t.notOk(matches({ unknown: '' }));
  t.notOk(matches({ store: 'books', page: 13 }), 'all conditions hold');
});

t.test('no condition matches everything, also an entry without metadata (VEC-07)', async (t) => {
  t.ok(matches({}));
  t.ok(matchesFilter({}, {}));
  t.notOk(matchesFilter({}, { store: ['books'] }));
});

t.test('of a list one is enough, of an empty list none (VEC-07)', async (t) => {
  t.ok(matches({ store: ['letters', 'books'] }));
  t.ok(matches({ page: ['12', 12] }));
  t.notOk(matches({ store: ['letters'] }));
  t.notOk(matches({ store: [] }));
});

t.test('bounds hold together; numbers compare as numbers, text by code units (VEC-07)', async (t) => {
  t.ok(matches({ page: { gt: 11, lt: 13 } }));
  t.ok(matches({ page: { gte: 12, lte: 12 } }));
  t.notOk(matches({ page: { gt: 12 } }));
  t.notOk(matches({ page: { lt: 12 } }));
  t.notOk(matches({ page: { gte: 10, lte: 11 } }));
  t.ok(matches({ page: { gt: 2 } }), 'not as text, where 12 comes before 2');
  t.ok(matches({ version: { lt: '1.9' } }), 'as text');
  t.ok(matches({ store: { gte: 'books', lt: 'bookt' } }));
  t.ok(matches({ page: {} }), 'no bound: the key is there');
  t.notOk(matches({ unknown: {} }));
});

t.test('a bound of another kind is not fulfilled (VEC-07)', async (t) => {
  t.notOk(matches({ page: { gt: '1' } }));
  t.notOk(matches({ page: { lt: 'a' } }));
  t.notOk(matches({ store: { gt: 0 } }));
  t.notOk(matches({ isDraft: { gte: 0 } }));
  t.notOk(matches({ page: { gt: Number.NaN } }));
});

t.test('names that every object has are no metadata (VEC-07)', async (t) => {
  t.notOk(matches({ toString: {} } as unknown as MetadataFilter));
  t.notOk(matches({ constructor: {} } as unknown as MetadataFilter));
  t.notOk(matchesFilter({}, JSON.parse('{"__proto__": {}}') as MetadataFilter));
});
