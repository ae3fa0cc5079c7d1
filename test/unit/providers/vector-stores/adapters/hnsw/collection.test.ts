import t from 'tap';
import { buildSegment } from '../../../../../../src/providers/vector-stores/adapters/hnsw/build-segment.js';
import { unit } from '../../../../../contract/vector-store.js';
import { buildAll, idsNear, openCollection, put, targetIn } from '../../../../../support/index-world.js';
import { tempFolder } from '../../../../../support/knowledge-rig.js';
import { chooseSeed, isLongForm } from '../../../../../support/long-form.js';

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const numbered = (from: number, to: number) => range(from, to).map((index) => [`v${index}`, unit(32, index)] as const);

t.test('what grows becomes part of one graph until that is full; the next one begins', async (t) => {
  const collection = await openCollection(t, targetIn(tempFolder(t)));
  await put(collection, numbered(0, 49));
  t.same(collection.backlog(), { unindexed: 49, isBuildDue: false });
  await put(collection, numbered(49, 120));
  t.same(collection.backlog(), { unindexed: 120, isBuildDue: true });
  t.equal(await buildAll(collection), 1, 'two sealed segments, one build');
  t.match(collection.health(), { entries: 120, unindexed: 20, segments: 2, isBuildDue: false });
  await put(collection, numbered(120, 420));
  await buildAll(collection);
  t.match(collection.health(), { entries: 420, unindexed: 20, segments: 2 }, 'the graph went on growing');
  await put(collection, numbered(420, 520));
  await buildAll(collection);
  t.match(collection.health(), { entries: 520, unindexed: 20, segments: 3 });
  for (const index of [0, 99, 130, 399, 405, 519]) t.same(await idsNear(collection, unit(32, index), 1), [`v${index}`]);
});

t.test('what is replaced or removed while a graph is built does not come back with it', async (t) => {
  const collection = await openCollection(t, targetIn(tempFolder(t)));
  await put(collection, numbered(0, 110));
  const job = collection.planBuild();
  if (job === undefined) throw new Error('nothing to build');
  t.equal(collection.planBuild(), undefined, 'one build at a time');
  await collection.remove(['v3']);
  await put(collection, [['v4', unit(32, 4_000)]]);
  const built = await buildSegment(job);
  await collection.remove(['v5']);
  const adopted = collection.adoptBuild(job.id, built);
  await collection.remove(['v6']);
  await adopted;
  t.equal(collection.count, 107);
  for (const [index, id] of [3, 5, 6].map((each) => [each, `v${each}`] as const))
    t.notOk((await idsNear(collection, unit(32, index), 110)).includes(id), id);
  t.same(await idsNear(collection, unit(32, 4_000), 1), ['v4']);
  t.equal((await idsNear(collection, unit(32, 4), 110)).filter((id) => id === 'v4').length, 1);
});

t.test('a build that nobody waits for any more changes nothing', async (t) => {
  const collection = await openCollection(t, targetIn(tempFolder(t)));
  await put(collection, numbered(0, 60));
  const dropped = collection.planBuild();
  if (dropped === undefined) throw new Error('nothing to build');
  const built = await buildSegment(dropped);
  await collection.drop();
  await collection.adoptBuild(dropped.id, built);
  t.equal(collection.count, 0);
  await put(collection, [['other', unit(8, 1)]]);
  t.same(await idsNear(collection, unit(8, 1), 5), ['other'], 'a new beginning, with another dimension');
});

t.test('a build that failed is planned again, and until then everything is found', async (t) => {
  const collection = await openCollection(t, targetIn(tempFolder(t)));
  await put(collection, numbered(0, 60));
  const job = collection.planBuild();
  if (job === undefined) throw new Error('nothing to build');
  await t.rejects(buildSegment({ ...job, directory: '/nowhere/at/all' }));
  collection.abandonBuild(job.id);
  t.same(await idsNear(collection, unit(32, 7), 1), ['v7']);
  t.ok(collection.backlog().isBuildDue);
  t.equal(await buildAll(collection), 1);
});

t.test('a graph of which much is dead is built anew, one of which all is dead goes', async (t) => {
  const collection = await openCollection(t, targetIn(tempFolder(t)));
  await put(collection, numbered(0, 350));
  await buildAll(collection);
  const before = collection.health().memoryBytes;
  await collection.remove(range(0, 200).map((index) => `v${index}`));
  t.equal(await buildAll(collection), 1);
  t.ok(collection.health().memoryBytes < before * 0.7);
  t.same(await idsNear(collection, unit(32, 300), 1), ['v300']);
  await collection.removeWhere({});
  t.equal(await buildAll(collection), 0);
  t.match(collection.health(), { entries: 0, unindexed: 0 });
});

t.test('whatever is done in whatever order, what is there is found, and nothing else', { timeout: 120_000 }, async (t) => {
  const seed = chooseSeed(5);
  t.comment(`seed ${seed}`);
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return (state >>> 8) % below;
  };
  const target = targetIn(tempFolder(t), { compress: seed % 2 === 0 });
  const model = new Map<string, { readonly vector: Float32Array; readonly group: number }>();
  let collection = await openCollection(t, target);
  let version = 0;
  for (let step = 0; step < (isLongForm ? 1_500 : 120); step++) {
    const action = random(10);
    if (action < 5) {
      const entries = range(0, 1 + random(60)).map(() => {
        const group = random(6);
        // Few vectors: many entries share one.
        return [`v${random(400)}`, unit(32, random(500)), { group }] as const;
      });
      const unique = [...new Map(entries.map((each) => [each[0], each])).values()];
      for (const [id, vector, { group }] of unique) model.set(id, { vector, group });
      await put(collection, unique);
    } else if (action === 5) {
      const ids = range(0, random(60)).map(() => `v${random(400)}`);
      for (const id of ids) model.delete(id);
      await collection.remove(ids);
    } else if (action === 6 && random(3) === 0) {
      const group = random(6);
      for (const [id, entry] of model) if (entry.group === group) model.delete(id);
      await collection.removeWhere({ group });
    } else if (action === 7) {
      const job = collection.planBuild();
      if (job !== undefined) {
        const gone = `v${random(400)}`;
        model.delete(gone);
        const [built] = await Promise.all([buildSegment(job), collection.remove([gone])]);
        await collection.adoptBuild(job.id, built);
      }
    } else if (action === 8) {
      await collection.markPosition({ source: 's', version: ++version });
      await collection.save();
      collection = await openCollection(t, target);
      t.same([collection.position, collection.takeDiscarded()], [{ source: 's', version }, undefined], `opened at step ${step}`);
    }
    if (collection.count !== model.size) t.equal(collection.count, model.size, `count at step ${step}`);
    const query = unit(32, 10_000 + step);
    const group = random(7);
    const found = await collection.search({ vector: query, topK: 5, filter: group === 6 ? undefined : { group } });
    const scoreOf = (vector: Float32Array) => vector.reduce((sum, value, at) => sum + value * (query[at] as number), 0);
    const expected = [...model.values()]
      .filter((entry) => group === 6 || entry.group === group)
      .map(({ vector }) => Math.max(0, scoreOf(vector)))
      .sort((a, b) => b - a)
      .slice(0, 5);
    const isRight =
      found.length === expected.length && found.every(({ score }, index) => Math.abs(score - (expected[index] as number)) < 1e-5);
    const isReal = found.every(({ id, score }) => {
      const entry = model.get(id);
      return entry !== undefined && Math.abs(Math.max(0, scoreOf(entry.vector)) - score) < 1e-5;
    });
    if (!isRight || !isReal) t.same(found, expected, `search at step ${step}`);
  }
  t.ok(version > 0);
});
