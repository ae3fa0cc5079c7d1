import t from 'tap';
import { newId, replaceIdRandomness } from '../../../src/base/ids.js';

t.test('ids are version 7 UUIDs, unique, and sort by time', async (t) => {
  const ids = Array.from({ length: 1000 }, (_, index) => newId(1_700_000_000_000 + index));
  t.equal(new Set(ids).size, 1000);
  t.ok(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)));
  t.same([...ids].sort(), ids);
});

t.test('ids repeat when their randomness does, and are their own again afterwards', async (t) => {
  const draw = () => {
    const giveBack = replaceIdRandomness((bytes) => bytes.fill(7));
    const id = newId(1);
    giveBack();
    return id;
  };
  t.equal(draw(), draw());
  t.not(newId(1), draw());
});
