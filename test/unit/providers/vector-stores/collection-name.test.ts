import t from 'tap';
import { collectionName, entryKey } from '../../../../src/providers/vector-stores/outside/collection-name.js';

t.test('names have what every service allows, and two collections never share one (VEC-02, W-83)', async (t) => {
  const names = ['docs', 'Docs', 'docs ', 'dö☃cs', '', '1', 'x'.repeat(500), '../a', 'docs@e@s'].flatMap((name) =>
    ['hector', 'Hector', '9 lives', '☃'].map((prefix) => collectionName(prefix, name)),
  );
  for (const name of names) t.match(name, /^[a-z][a-z0-9_]{2,61}$/);
  t.equal(new Set(names).size, names.length);
  t.match(collectionName('hector', 'Sales docs@local'), /^hector_sales_docs_local_[0-9a-f]{16}$/);
});

t.test('any id becomes a UUID, the same for the same id (VEC-02)', async (t) => {
  const keys = ['a', 'b', '', 'ä☃', 'x'.repeat(1_000)].map(entryKey);
  for (const key of keys) t.match(key, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.equal(new Set(keys).size, keys.length);
  t.equal(entryKey('a'), entryKey('a'));
});
