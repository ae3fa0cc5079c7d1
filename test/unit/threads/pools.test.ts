import t from 'tap';
import { silentLogger } from '../../../src/observe/log.js';
import { createThreadPools, type ThreadPools } from '../../../src/threads/pools.js';
import { INDEX_SETTINGS } from '../../support/index-settings.js';
import { defaultStore, tempFolder } from '../../support/knowledge-rig.js';

const { chunking } = defaultStore('');

function open(t: Tap): ThreadPools {
  const pools = createThreadPools({ log: silentLogger, cores: 2, idleMs: 100 });
  t.teardown(() => pools.close());
  return pools;
}
type Tap = typeof t;

const content = (text: string) => Uint8Array.from(Buffer.from(text));

t.test('a document is prepared on a thread and its buffer moves there', async (t) => {
  const pools = open(t as Tap);
  const bytes = content('# Title\n\nBody text.');
  const prepared = await pools.text.run('prepare', { name: 'a.md', content: bytes, chunking, knownHash: '' }, { transfer: [bytes.buffer] });
  t.match(prepared, { type: 'prepared', title: 'Title', chunks: [{ text: '# Title\n\nBody text.', startLine: 1, endLine: 3 }] });
  t.equal(bytes.byteLength, 0, 'transferred, not copied');
  t.match(
    await pools.text.run('prepare', { name: 'a.md', content: content('# Title\n\nBody text.'), chunking, knownHash: prepared.contentHash }),
    { type: 'unchanged' },
  );
});

t.test('an error keeps its code across threads', async (t) => {
  const pools = open(t as Tap);
  await t.rejects(pools.text.run('prepare', { name: 'a.pdf', content: content('x'), chunking, knownHash: '' }), {
    name: 'AppError',
    code: 'DOCUMENT_UNREADABLE',
    message: /a\.pdf/,
  });
});

t.test('an abort ends the wait at once; with killOnAbort also the work', async (t) => {
  const pools = open(t as Tap);
  await t.rejects(pools.text.run('embed', { texts: ['a'], dimension: 8 }, { signal: AbortSignal.abort(new Error('early')) }), {
    message: 'early',
  });
  const texts = Array.from({ length: 3000 }, (_, index) => `a text of some length number ${index} `.repeat(40));
  const waiting = new AbortController();
  const abandoned = pools.text.run('embed', { texts, dimension: 384 }, { signal: waiting.signal });
  waiting.abort(new Error('enough'));
  await t.rejects(abandoned, { message: 'enough' });
  const killing = new AbortController();
  const killed = pools.text.run('embed', { texts, dimension: 384 }, { signal: killing.signal, killOnAbort: true });
  setTimeout(() => killing.abort(new Error('killed')), 50);
  await t.rejects(killed, { message: 'killed' });
  t.equal((await pools.text.run('embed', { texts: ['still works'], dimension: 8 })).vectors.length, 8);
});

t.test('an urgent task does not wait behind bulk work', async (t) => {
  const pools = open(t as Tap);
  const texts = Array.from({ length: 500 }, (_, index) => `a text of some length number ${index} `.repeat(40));
  let bulkDone = 0;
  const bulk = Array.from({ length: 8 }, () => pools.text.run('embed', { texts, dimension: 384 }).then(() => bulkDone++));
  await pools.text.run('embed', { texts: ['urgent'], dimension: 384 }, { urgent: true });
  t.ok(bulkDone < 8, `${bulkDone} of 8 were done`);
  await Promise.all(bulk);
});

t.test('a thread that runs out of memory fails its task only, and is replaced', { timeout: 60_000 }, async (t) => {
  const pools = open(t as Tap);
  const hog = pools.text.run('embed', { texts: Array.from({ length: 3_000_000 }, () => ''), dimension: 4096 });
  await t.rejects(hog, { code: /THREAD_FAILED|EMBEDDER_FAILED/ });
  t.equal((await pools.text.run('embed', { texts: ['still works'], dimension: 8 })).vectors.length, 8);
});

t.test('an index thread that dies fails its tasks with THREAD_FAILED, and the next task finds a new one', async (t) => {
  const pools = open(t as Tap);
  const directory = tempFolder(t);
  const target = { collection: 'c', directory, settings: INDEX_SETTINGS };
  const thread = pools.indexThread('key');
  await thread.run('upsert', { ...target, ids: ['a'], metadata: [{}], vectors: Float32Array.of(1, 0) });
  t.equal(await thread.run('count', target), 1);
  const ids = Array.from({ length: 20_000 }, (_, index) => `v${index}`);
  const busy = thread.run('upsert', {
    ...target,
    ids,
    metadata: ids.map(() => ({})),
    vectors: Float32Array.from({ length: 40_000 }, (_, index) => Math.sin(index)),
  });
  const outcome = t.rejects(busy, { code: 'THREAD_FAILED' });
  await pools.killIndexThreads();
  await outcome;
  t.equal(await thread.run('count', target), 0, 'what was not saved is gone');
});

t.test('a search is answered while a long insert runs', async (t) => {
  const pools = open(t as Tap);
  const target = { collection: 'c', directory: tempFolder(t), settings: INDEX_SETTINGS };
  const thread = pools.indexThread('key');
  await thread.run('upsert', { ...target, ids: ['a'], metadata: [{}], vectors: Float32Array.of(1, 0) });
  let inserted = false;
  const ids = Array.from({ length: 30_000 }, (_, index) => `v${index}`);
  const insert = thread
    .run('upsert', {
      ...target,
      ids,
      metadata: ids.map(() => ({})),
      vectors: Float32Array.from({ length: 60_000 }, (_, index) => Math.sin(index * index)),
    })
    .then(() => {
      inserted = true;
    });
  const { ids: found } = await thread.run('search', { ...target, vector: Float32Array.of(1, 0), topK: 1 });
  t.equal(found.length, 1);
  t.notOk(inserted);
  await insert;
});

t.test('closed pools refuse work; closing twice is fine', async (t) => {
  const pools = open(t as Tap);
  await pools.text.run('embed', { texts: ['x'], dimension: 8 });
  await pools.close();
  await pools.close();
  await t.rejects(pools.text.run('embed', { texts: ['x'], dimension: 8 }), { code: 'THREAD_FAILED', message: /closed/ });
});
