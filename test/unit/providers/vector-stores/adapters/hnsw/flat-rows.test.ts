import t from 'tap';
import { FlatRows } from '../../../../../../src/providers/vector-stores/adapters/hnsw/flat-rows.js';
import { unit } from '../../../../../contract/vector-store.js';

t.test('every score is the inner product, whatever the dimension', async (t) => {
  for (const dimension of [1, 2, 15, 16, 17, 63, 64, 100, 384]) {
    const rows = new FlatRows(dimension, 50);
    const vectors = Array.from({ length: 50 }, (_, index) => unit(dimension, index));
    for (const vector of vectors) rows.append(vector);
    const query = unit(dimension, 999);
    const scores = rows.scores(query);
    t.equal(scores.length, 50);
    const worst = vectors.map((vector, row) =>
      Math.abs((scores[row] as number) - vector.reduce((sum, value, at) => sum + value * (query[at] as number), 0)),
    );
    t.ok(Math.max(...worst) < 1e-5, `dimension ${dimension}`);
    t.same(rows.row(49), vectors[49]);
  }
});

t.test('memory comes with the rows, and a view of it lasts while it grows', async (t) => {
  const rows = new FlatRows(384, 4_096);
  t.equal(rows.scores(unit(384, 1)).length, 0, 'no rows yet');
  t.ok(rows.bytes < 200_000);
  rows.append(unit(384, 1));
  const { buffer, offset } = rows;
  for (let index = 2; index <= 4_096; index++) rows.append(unit(384, index));
  t.equal(rows.count, 4_096);
  t.same(new Float32Array(buffer, offset, 384), unit(384, 1));
  t.ok((rows.scores(unit(384, 4_000))[3_999] as number) > 0.9999);
});
