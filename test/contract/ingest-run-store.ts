/** What every store of ingest runs must keep (`src/knowledge/runs/ingest-run.ts`), together with the chunk store beside it. */
import type { Test } from 'tap';
import type { ChunkStore, DocumentChange } from '../../src/knowledge/chunk-store.js';
import type { DocumentReference, RunFence } from '../../src/knowledge/runs/ingest-fence.js';
import type { IngestMode, IngestRun, IngestRunStore, ScanPage } from '../../src/knowledge/runs/ingest-run.js';

export interface IngestStores {
  readonly runs: IngestRunStore;
  readonly chunks: ChunkStore;
}

/** Keeps four ended runs. `open` called twice in one test gives the same data seen by another process. */
export function ingestRunStoreContract(t: Test, createOpen: (t: Test) => () => Promise<IngestStores>): void {
  t.test('a store has one queued run, whoever asks at once; the stronger wish wins (I1)', async (t) => {
    const open = createOpen(t);
    const stores = await Promise.all([open(), open()]);
    const begun = await Promise.all(
      (['changes', 'all', 'retry', 'check'] as const).map((mode, index) => begin((stores[index % 2] as IngestStores).runs, mode)),
    );
    t.equal(new Set(begun.map(({ id }) => id)).size, 1);
    const { runs } = stores[0] as IngestStores;
    t.match(await runs.find(begun[0]?.id ?? ''), { mode: 'all', state: 'queued', store: 'docs', epoch: 0 });
    const taken = await runs.take(begun[0]?.id ?? '', 2);
    t.match(taken, { state: 'scanning', epoch: 1, startedAt: 2 });
    const next = await begin(runs, 'changes');
    t.not(next.id, taken?.id, 'one that is at work cannot see what comes now');
    t.equal(await runs.take(next.id, 3), undefined, 'not before the older one has ended');
    t.equal((await begin(runs, 'changes', 'other')).state, 'queued');
    t.same(
      (await runs.open()).map(({ id }) => id).filter((id) => id === taken?.id || id === next.id),
      [taken?.id, next.id],
    );
  });

  t.test('who took a run before somebody else did changes nothing (I2)', async (t) => {
    const { runs, chunks } = await createOpen(t)();
    const first = await taken(runs);
    const second = (await runs.take(first.run, 3)) as IngestRun;
    t.equal(second.epoch, 2);
    await t.rejects(runs.recordPage(first, 'docs', page(['a']), 4), { code: 'INGEST_LOST' });
    await t.rejects(runs.endScan(first, { unlisted: [], error: undefined }, 4), { code: 'INGEST_LOST' });
    await t.rejects(runs.end(first, 4), { code: 'INGEST_LOST' });
    await t.rejects(chunks.commit('c', [fail('a')], 4, { type: 'run', ...first }), { code: 'INGEST_LOST' });
    t.same(await runs.batches(first.run, 10), []);
    t.equal((await chunks.findDocuments('docs', ['a'])).size, 0);
    t.match(await runs.find(first.run), { total: 0, failed: 0, state: 'scanning' });
  });

  t.test('a page is recorded whole: documents as pending and seen, batches, counts (I5)', async (t) => {
    const { runs, chunks } = await createOpen(t)();
    const fence = await taken(runs);
    await chunks.commit('c', [index('known', 0)], 1);
    await runs.recordPage(fence, 'docs', page(['a', 'b'], ['known'], [fail('broken')]), 5);
    t.match(await runs.find(fence.run), { total: 4, skipped: 1, failed: 1, done: 0, updatedAt: 5 });
    t.same(await runs.batches(fence.run, 10), [{ number: 1, epoch: 0 }]);
    const records = await chunks.findDocuments('docs', ['a', 'b', 'known', 'broken']);
    t.same([...records.values()].map(({ id, status, seenRun }) => [id, status, seenRun === fence.run]).sort(), [
      ['a', 'pending', true],
      ['b', 'pending', true],
      ['broken', 'failed', true],
      ['known', 'indexed', true],
    ]);
    t.same(await runs.documentCounts('docs'), { indexed: 1, failed: 1, pending: 2, deleted: 0, chunks: 1 });
    t.same(await runs.unseen('docs', fence.run, '', 10), []);
    t.equal((await runs.unseen('docs', 'another run', '', 10)).length, 4);
    t.same(
      (await runs.documents({ store: 'docs', status: 'failed', error: '50% of_it', afterKey: '', limit: 5 })).map(({ id }) => id),
      ['broken'],
    );
    t.same(await runs.documents({ store: 'docs', status: undefined, error: '50x of_it', afterKey: '', limit: 5 }), []);
  });

  t.test('a commit, what is left of its batch and the counts of its run are one transaction (I3, I4)', async (t) => {
    const open = createOpen(t);
    const { runs, chunks } = await open();
    const fence = await taken(runs);
    await runs.recordPage(fence, 'docs', page(['a', 'b', 'c']), 2);
    const first = await runs.takeBatch(fence.run, 1);
    t.match(first, { epoch: 1, documents: [{ id: 'a', bytes: 3, metadata: { tag: 'é' } }, { id: 'b' }, { id: 'c' }] });
    const [, b, c] = (first?.documents ?? []) as readonly DocumentReference[];
    const left = [b, c] as readonly DocumentReference[];
    await chunks.commit('c', [index('a', 0)], 3, { type: 'batch', run: fence.run, number: 1, epoch: 1, left });
    t.match(await runs.find(fence.run), { total: 3, done: 1, chunks: 1, updatedAt: 3 });

    const again = await (await open()).runs.takeBatch(fence.run, 1);
    t.match(again, { epoch: 2, documents: [{ id: 'b' }, { id: 'c' }] }, 'who takes it again has what is left');
    const late = { type: 'batch', run: fence.run, number: 1, epoch: 1, left: [] } as const;
    await t.rejects(chunks.commit('c', [index('b', 0)], 4, late), { code: 'INGEST_LOST' });
    t.match((await chunks.findDocuments('docs', ['b'])).get('b'), { status: 'pending', chunkCount: 0 }, 'the late commit left nothing');
    t.equal((await chunks.collection('c')).version, 1);

    await chunks.commit('c', [index('b', 0), fail('c')], 5, { ...late, epoch: 2 });
    t.match(await runs.find(fence.run), { done: 2, failed: 1, chunks: 2 });
    t.same(await runs.batches(fence.run, 10), []);
    t.equal(await runs.takeBatch(fence.run, 1), undefined);
  });

  t.test('a run ends, is canceled or fails with its batches, and only the newest are kept', async (t) => {
    const { runs, chunks } = await createOpen(t)();
    const fence = await taken(runs);
    t.match(await runs.endScan(fence, { unlisted: ['locked'], error: undefined }, 2), { state: 'removing', unlisted: ['locked'] });
    t.match(await runs.take(fence.run, 2), { state: 'removing', unlisted: ['locked'], epoch: 2 }, 'who takes it over knows');
    const next = { ...fence, epoch: 2 };
    t.match(await runs.endRemoval(next, { code: 'DOCUMENT_SOURCE_EMPTY', message: 'empty' }, 3), { state: 'indexing' });
    t.match(await runs.end(next, 4), { state: 'failed', finishedAt: 4, error: { code: 'DOCUMENT_SOURCE_EMPTY', message: 'empty' } });
    t.equal(await runs.take(fence.run, 5), undefined);

    const other = await taken(runs);
    await runs.recordPage(other, 'docs', page(['a']), 6);
    await runs.takeBatch(other.run, 1);
    t.match(await runs.cancel(other.run, 'enough', 7), { state: 'canceled', finishedAt: 7 });
    t.equal(await runs.cancel(other.run, 'again', 8), undefined);
    t.same(await runs.batches(other.run, 10), []);
    const late = { type: 'batch', run: other.run, number: 1, epoch: 1, left: [] } as const;
    await t.rejects(chunks.commit('c', [index('a', 0)], 9, late), { code: 'INGEST_LOST' });
    await t.rejects(runs.recordPage(other, 'docs', page(['b']), 9), { code: 'INGEST_LOST' });
    const unusable = await taken(runs);
    await runs.recordPage(unusable, 'docs', page(['c']), 9);
    const error = { code: 'EMBEDDER_UNUSABLE', message: 'gone' } as const;
    t.match(await runs.fail(unusable.run, error, 9), { state: 'failed', finishedAt: 9, error });
    t.same([await runs.fail(unusable.run, error, 9), await runs.batches(unusable.run, 10)], [undefined, []]);
    t.same(await runs.open(), []);
    t.same(
      (await runs.list({ store: 'docs', before: '', limit: 10 })).map(({ id }) => id).sort(),
      [fence.run, other.run, unusable.run].sort(),
    );

    for (let count = 0; count < 6; count++) {
      const run = await begin(runs, 'changes', 'docs', 10 + count);
      await runs.take(run.id, 10 + count);
      await runs.end({ run: run.id, epoch: 1 }, 10 + count);
    }
    t.equal((await runs.list({ store: 'docs', before: '', limit: 500 })).length, 4);
  });

  t.test('metadata alone moves a document for those who follow; a deleted document can be wanted again', async (t) => {
    const { runs, chunks } = await createOpen(t)();
    await chunks.commit('c', [index('a', 0)], 1);
    const before = await chunks.collection('c');
    const told = { store: 'docs', id: 'a', generation: 1, bytes: 4, modifiedAt: 5, sourceVersion: 'v2', metadataHash: 'h' } as const;
    t.same(await chunks.commit('c', [{ type: 'describe', ...told, metadata: { public: false } }], 2), ['committed']);
    const moves = await chunks.changes('c', { version: before.version, key: '~' }, 10);
    t.equal(moves.length, 1);
    const [vector] = await chunks.vectors([moves[0]?.key ?? ''], 'e');
    t.match(vector?.metadata, { public: false, document_id: 'a' });
    t.match((await chunks.findDocuments('docs', ['a'])).get('a'), { generation: 1, sourceVersion: 'v2', metadataHash: 'h' });

    await chunks.commit('c', [{ type: 'remove', store: 'docs', id: 'a', generation: 1, byHand: true }], 3);
    t.match(await runs.documentCounts('docs'), { deleted: 1, chunks: 0 });
    t.same(await runs.texts('docs', 'a', 0, 5), []);
    t.equal(await runs.forgetVersion('docs', 'a'), true);
    t.match((await chunks.findDocuments('docs', ['a'])).get('a'), { status: 'pending', pipeline: '' });
    t.equal(await runs.forgetVersion('docs', 'nobody'), false);
  });
}

function begin(runs: IngestRunStore, mode: IngestMode, store = 'docs', at = 1): Promise<IngestRun> {
  return runs.begin({ store, pipeline: 'p', mode, by: 'test', at });
}

async function taken(runs: IngestRunStore): Promise<RunFence> {
  const run = await begin(runs, 'changes');
  const { epoch } = (await runs.take(run.id, 1)) as IngestRun;
  return { run: run.id, epoch };
}

function page(added: readonly string[], unchanged: readonly string[] = [], problems: ScanPage['problems'] = []): ScanPage {
  return {
    collection: 'c',
    seen: unchanged,
    added: added.map((id) => ({ id, sourcePath: id })),
    problems,
    batches: [{ number: 1, documents: added.map(reference) }],
    counts: { total: added.length + unchanged.length + problems.length, skipped: unchanged.length, failed: problems.length },
  };
}

function reference(id: string): DocumentReference {
  return { id, name: id, path: `/${id}`, bytes: 3, modifiedAt: 4, version: '', metadata: { tag: 'é' } };
}

function fail(id: string) {
  return { type: 'fail', store: 'docs', id, generation: 0, sourcePath: id, stage: 'scan', error: 'only 50% of_it' } as const;
}

function index(id: string, generation: number): DocumentChange {
  return {
    type: 'index',
    ...{ store: 'docs', id, generation, contentHash: 'h', pipeline: 'p', embedder: 'e', bytes: 3, modifiedAt: 4 },
    ...{ sourceVersion: '', title: id, sourcePath: id, metadata: {} },
    chunks: [{ text: id, startLine: 1, endLine: 1, place: {}, vector: Float32Array.from([1, 0]) }],
  };
}
