import t from 'tap';
import { newId } from '../../../src/base/ids.js';

t.test('ids are version 7 UUIDs, unique, and sort by time', async (t) => {
  const ids = Array.from({ length: 1000 }, (_, index) => newId(1_700_000_000_000 + index));
  t.equal(new Set(ids).size, 1000);
  t.ok(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)));
  t.same([...ids].sort(), ids);
});
