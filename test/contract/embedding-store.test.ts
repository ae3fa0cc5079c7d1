/** What is remembered of embedders, in every database alike. */
import t from 'tap';
import { SqlEmbeddingStore } from '../../src/storage/sql/sql-embedding-store.js';
import { forEachDialect } from '../support/temp-database.js';
import { assertVectors, SIGNAL, setUpEmbedder } from './embedder.js';

const DAY = 86_400_000;
const vector = (value: number) => Float32Array.from([value, 0.1, -0.2]);

forEachDialect(t, async (t, createOpenTemp) => {
  const temp = await createOpenTemp(t)();
  const database = await temp.open();
  const store = new SqlEmbeddingStore(database);
  const keysLeft = async () =>
    ((await database.read({ sql: 'SELECT entry_key FROM embeddings ORDER BY entry_key', parameters: [] })) as { entry_key: string }[]).map(
      (row) => row.entry_key,
    );

  await t.test('vectors are found again bit for bit, many at once, by whoever opens the database (EMB-05, W-74)', async (t) => {
    const many = new Map(Array.from({ length: 450 }, (_, index) => [`k${index}`, vector(index / 7)]));
    await store.put('f1', many, 1_000);
    const again = new SqlEmbeddingStore(await temp.open());
    const found = await again.find([...many.keys(), 'unknown'], 1_000);
    t.equal(found.size, 450);
    t.ok([...many].every(([key, value]) => found.get(key)?.every((number, at) => number === value[at])));
    t.equal((await again.find([], 1_000)).size, 0);
  });

  await t.test('two that keep the same at once keep it once, the first as it is', async (t) => {
    const same = () => new Map(Array.from({ length: 150 }, (_, index) => [`s${index}`, vector(index)]));
    await Promise.all([store.put('f1', same(), 1_000), store.put('f1', same(), 1_000), store.put('f1', same(), 1_000)]);
    await store.put('f1', new Map([['s3', vector(99)]]), 2_000);
    t.equal((await store.find(['s3'], 2_000)).get('s3')?.[0], 3);
  });

  await t.test('the length of vectors is what was seen first, whoever asks', async (t) => {
    const second = new SqlEmbeddingStore(await temp.open());
    const seen = await Promise.all([store.learnDimension('f9', 8), second.learnDimension('f9', 8), store.learnDimension('f9', 12)]);
    t.equal(new Set(seen).size, 1);
    t.equal(await second.learnDimension('f9', 99), seen[0]);
  });

  await t.test('those that nobody asked for longest go first, down to the limit; a use makes young again', async (t) => {
    await store.trim(new Map([['f1', 0]]), 0, SIGNAL);
    for (let index = 0; index < 6; index++) await store.put('f1', new Map([[`a${index}`, vector(index)]]), index * DAY);
    await store.put('f2', new Map([['b', vector(1)]]), 0);
    await store.find(['a0'], 10 * DAY);
    t.equal(await store.trim(new Map([['f1', 3]]), 0, SIGNAL), 3);
    t.same(await keysLeft(), ['a0', 'a4', 'a5', 'b']);
    t.equal(await store.trim(new Map(), DAY * 5, SIGNAL), 2, 'what is old goes whosever it is');
    t.same(await keysLeft(), ['a0', 'a5']);
  });

  await t.test('a text is paid once, across embedders, failures and restarts; queries are not kept (EMB-05, W-74)', async (t) => {
    const { peer, create } = await setUpEmbedder(t, 'openai', { store });
    const texts = Array.from({ length: 120 }, (_, index) => `text ${index % 110}`);
    assertVectors(t, await create().embed(texts, 'document', SIGNAL), texts, 8);
    t.equal(peer.requests.flatMap((request) => request.texts).length, 110);
    assertVectors(t, await create().embed(texts, 'document', SIGNAL), texts, 8);
    t.equal(peer.requests.length, 2, 'the second one asks for nothing');
    await create().embed(['text 3'], 'query', SIGNAL);
    await create().embed(['text 3'], 'query', SIGNAL);
    t.equal(peer.requests.length, 4);
    await create({ model: 'another' }).embed(['text 3'], 'document', SIGNAL);
    await create({ cache: { enabled: false, maxEntries: 1 } }).embed(['text 3'], 'document', SIGNAL);
    t.equal(peer.requests.length, 6);
    // The second request fails for good, and what the first one gave is not paid again.
    const failing = create({ batchSize: 2 });
    peer.script({ type: 'vectors' }, { type: 'status', status: 400, body: '{}' });
    await t.rejects(failing.embed(['n1', 'n2', 'n3', 'n4'], 'document', SIGNAL), { code: 'EMBEDDER_REJECTED' });
    const asked = peer.requests.slice(6).flatMap((request) => request.texts);
    await create({ batchSize: 10 }).embed(['n1', 'n2', 'n3', 'n4'], 'document', SIGNAL);
    t.ok(asked.length >= 4);
    t.equal(peer.requests.at(-1)?.texts.length, 2);
  });

  await t.test('whoever wants vectors anew is asked for, and what comes takes the place of what was kept (RAG-37)', async (t) => {
    const { peer, create } = await setUpEmbedder(t, 'openai', { store });
    const [before] = await create().embed(['moved 1', 'moved 2'], 'document', SIGNAL);
    peer.script({ type: 'vectors', change: () => [[0, 0, 0, 0, 0, 0, 0, 1]] });
    const [after] = await create().embed(['moved 1'], 'document', SIGNAL, true);
    t.notSame(after, before);
    t.equal(peer.requests.length, 2);
    t.same(await create().embed(['moved 1', 'moved 2'], 'document', SIGNAL), [
      after,
      (await create().embed(['moved 2'], 'document', SIGNAL))[0],
    ]);
    t.equal(peer.requests.length, 2);
  });

  await t.test('with dimension auto, the length that was first seen holds after a restart (CFG-60)', async (t) => {
    const { peer, create } = await setUpEmbedder(t, 'ollama', { store, settings: { model: 'grown' } });
    await create().embed(['a'], 'document', SIGNAL);
    peer.script({ type: 'vectors', change: (all) => all.map(() => [1, 2, 3, 4]) });
    await t.rejects(create().embed(['b'], 'document', SIGNAL), {
      code: 'EMBEDDER_DIMENSION',
      message: /of 4 numbers; embedders\.main\.dimension is auto, and its vectors had 8 so far/,
    });
  });
});
