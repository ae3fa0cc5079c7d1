/** What every chunk store must keep (`src/knowledge/chunk-store.ts`). */
import type { Test } from 'tap';
import { type ChunkStore, chunkId, documentKey, type IndexDocument } from '../../src/knowledge/chunk-store.js';

/** `open` gives a store; called twice in one test it gives the same data seen by another process. */
export function chunkStoreContract(t: Test, createOpen: (t: Test) => () => Promise<ChunkStore>): void {
  t.test('a document becomes visible with its chunks, vectors and hash in one commit', async (t) => {
    const store = await createOpen(t)();
    t.same(await store.collection('c'), { source: '', version: 0 });
    t.same(await store.commit('c', [index('a', 0, ['first', 'second ✓ 漢字 😀'])], 5), ['committed']);
    t.match((await store.findDocuments('docs', ['a', 'b'])).get('a'), {
      generation: 1,
      contentHash: 'hash-a',
      status: 'indexed',
      chunkCount: 2,
      bytes: 10,
      modifiedAt: 1_700_000_000_123,
      updatedAt: 5,
      attempts: 0,
    });
    const chunks = [...(await store.chunks('c', 'e1', [id('a', 0), id('a', 1), id('a', 2)]))].sort((one, two) => one.index - two.index);
    t.same(
      chunks.map(({ text, startLine, endLine, title, sourcePath, documentId, vector }) => ({
        text,
        startLine,
        endLine,
        title,
        sourcePath,
        documentId,
        vector: [...vector],
      })),
      [
        { text: 'first', startLine: 1, endLine: 1, title: 'Title a', sourcePath: '/docs/a', documentId: 'a', vector: [0, 0.5, 1] },
        {
          text: 'second ✓ 漢字 😀',
          startLine: 2,
          endLine: 2,
          title: 'Title a',
          sourcePath: '/docs/a',
          documentId: 'a',
          vector: [1, 0.5, 1],
        },
      ],
    );
    t.same(await store.chunks('c', 'other embedder', [id('a', 0)]), []);
    t.same(await store.chunks('other', 'e1', [id('a', 0)]), []);
    t.same(await store.counts('docs'), { indexed: 1, failed: 0, chunks: 2 });
  });

  t.test('new chunks retire the old ones; a change from an older generation changes nothing', async (t) => {
    const open = createOpen(t);
    const store = await open();
    await store.commit('c', [index('a', 0, ['one', 'two', 'three'])], 1);
    const other = await open();
    t.same(await other.commit('c', [index('a', 1, ['uno'])], 2), ['committed']);
    t.same(
      await store.commit('c', [index('a', 1, ['eins', 'zwei']), index('b', 0, ['b'])], 3),
      ['stale', 'committed'],
      'its neighbour is not concerned',
    );
    t.same(
      (
        await store.chunks(
          'c',
          'e1',
          [0, 1, 2].map((place) => id('a', place)),
        )
      ).map((chunk) => chunk.text),
      ['uno'],
    );
    t.same(await store.commit('c', [{ type: 'remove', store: 'docs', id: 'a', generation: 1 }], 4), ['stale']);
    t.same(
      await store.commit(
        'c',
        [{ type: 'touch', store: 'docs', id: 'nobody', generation: 0, bytes: 1, modifiedAt: 1, sourceVersion: '' }],
        4,
      ),
      ['stale'],
    );
  });

  t.test('a failure keeps the old chunks and counts attempts; success forgets it', async (t) => {
    const store = await createOpen(t)();
    const fail = (generation: number, error: string) =>
      ({ type: 'fail', store: 'docs', id: 'a', generation, sourcePath: '/docs/a', stage: 'embed', error }) as const;
    await store.commit('c', [fail(0, 'x'.repeat(5000))], 1);
    await store.commit('c', [fail(0, 'again')], 2);
    t.match((await store.findDocuments('docs', ['a'])).get('a'), {
      generation: 0,
      contentHash: '',
      status: 'failed',
      stage: 'embed',
      attempts: 2,
      lastError: 'again',
    });
    await store.commit('c', [index('a', 0, ['text'])], 3);
    t.match((await store.findDocuments('docs', ['a'])).get('a'), { status: 'indexed', stage: '', attempts: 0, lastError: '' });
    await store.commit('c', [fail(1, 'later')], 4);
    t.match((await store.findDocuments('docs', ['a'])).get('a'), {
      generation: 1,
      contentHash: 'hash-a',
      status: 'failed',
      attempts: 1,
      chunkCount: 1,
    });
    t.equal((await store.chunks('c', 'e1', [id('a', 0)])).length, 1);
    t.same(await store.counts('docs'), { indexed: 0, failed: 1, chunks: 1 });
    await store.commit('c', [{ type: 'touch', store: 'docs', id: 'a', generation: 1, bytes: 11, modifiedAt: 12, sourceVersion: '' }], 5);
    t.match((await store.findDocuments('docs', ['a'])).get('a'), {
      status: 'indexed',
      bytes: 11,
      modifiedAt: 12,
      attempts: 0,
      contentHash: 'hash-a',
    });
  });

  t.test('the change feed tells every document that changed, once, at its newest version, with places to drop', async (t) => {
    const store = await createOpen(t)();
    await store.commit('c', [index('a', 0, ['1', '2', '3']), index('b', 0, ['1'])], 1);
    await store.commit('c', [index('c', 0, ['1'])], 2);
    const first = await store.collection('c');
    t.equal(first.version, 2);
    t.match(first.source, /.+/);
    await store.commit('c', [index('a', 1, ['1'])], 3);
    await store.commit('c', [{ type: 'remove', store: 'docs', id: 'b', generation: 1 }], 4);
    await store.commit('c', [{ type: 'touch', store: 'docs', id: 'c', generation: 1, bytes: 1, modifiedAt: 1, sourceVersion: '' }], 5);
    await store.commit('other', [index('z', 0, ['1'])], 6);
    t.same(await store.collection('c'), { source: first.source, version: 4 }, 'what changes no chunk raises no version');
    t.same(await store.changes('c', { version: 0, key: '' }, 10), [
      { key: key('c'), version: 2, chunkCount: 1, slots: 1 },
      { key: key('a'), version: 3, chunkCount: 1, slots: 3 },
      { key: key('b'), version: 4, chunkCount: 0, slots: 1 },
    ]);
    t.same(
      (await store.changes('c', { version: 2, key: key('c') }, 1)).map((move) => move.key),
      [key('a')],
    );
    t.same(await store.changes('c', { version: 4, key: '~' }, 10), []);
    t.same(
      (await store.vectors([key('a'), key('b'), key('c')], 'e1'))
        .map((vector) => [vector.documentKey, vector.index, vector.vector.length])
        .sort(),
      [
        [key('a'), 0, 3],
        [key('c'), 0, 3],
      ].sort(),
    );
  });

  t.test('documents that share a version are told in pages by key', async (t) => {
    const store = await createOpen(t)();
    await store.commit(
      'c',
      Array.from({ length: 25 }, (_, place) => index(`doc-${place}`, 0, ['x'])),
      1,
    );
    const seen: string[] = [];
    for (let after = { version: 0, key: '' }; ; ) {
      const page = await store.changes('c', after, 10);
      seen.push(...page.map((move) => move.key));
      const last = page.at(-1);
      if (last === undefined) break;
      after = { version: last.version, key: last.key };
    }
    t.equal(seen.length, 25);
    t.equal(new Set(seen).size, 25);
    const listed = [
      ...(await store.listDocuments('docs', '', 20)),
      ...(await store.listDocuments('docs', [...seen].sort()[19] as string, 20)),
    ];
    t.same(
      listed.map((record) => record.key),
      [...seen].sort(),
    );
  });

  t.test('a removed document is not listed, and may come back', async (t) => {
    const store = await createOpen(t)();
    await store.commit('c', [index('a', 0, ['old'])], 1);
    await store.commit('c', [{ type: 'remove', store: 'docs', id: 'a', generation: 1 }], 2);
    t.same(await store.listDocuments('docs', '', 10), []);
    t.same(await store.chunks('c', 'e1', [id('a', 0)]), []);
    t.match((await store.findDocuments('docs', ['a'])).get('a'), { status: 'removed', generation: 2, contentHash: '' });
    t.same(await store.commit('c', [index('a', 2, ['new'])], 3), ['committed']);
    t.same(
      (await store.chunks('c', 'e1', [id('a', 0)])).map((chunk) => chunk.text),
      ['new'],
    );
  });

  t.test('long names, many chunks and a large document fit', async (t) => {
    const store = await createOpen(t)();
    const name = `${'deep/'.repeat(400)}é.md`;
    const texts = Array.from({ length: 700 }, (_, place) => `${place} ${'long text '.repeat(150)}`);
    await store.commit('c'.repeat(300), [{ ...index('a', 0, texts, 768), id: name }], 1);
    t.match((await store.findDocuments('docs', [name])).get(name), { id: name, chunkCount: 700 });
    const [last] = await store.chunks('c'.repeat(300), 'e1', [chunkId(documentKey('docs', name), 699)]);
    t.equal(last?.text, texts[699]);
    t.equal((await store.vectors([documentKey('docs', name)], 'e1')).length, 700);
  });

  t.test('titles and errors are kept whatever signs they hold', async (t) => {
    const store = await createOpen(t)();
    const odd = { ...index('odd', 0, ['text']), title: 'a\u0000b \ud800 😀' };
    t.same(await store.commit('c', [odd], 1), ['committed']);
    const error = "cannot read 'x\u0000y'";
    await store.commit('c', [{ type: 'fail', store: 'docs', id: 'odd', generation: 1, sourcePath: 'odd', stage: 'read', error }], 2);
    t.match((await store.findDocuments('docs', ['odd'])).get('odd'), { title: /^a.b .+ 😀$/u, lastError: /x.y/, chunkCount: 1 });
  });

  t.test(
    'of many commits of the same document at the same time one wins each generation, and no version is lost',
    { timeout: 60_000 },
    async (t) => {
      const open = createOpen(t);
      const stores = [await open(), await open(), await open()];
      let committed = 0;
      await Promise.all(
        stores.map(async (store, who) => {
          for (let round = 0; round < 8; round++) {
            const generation = (await store.findDocuments('docs', ['shared'])).get('shared')?.generation ?? 0;
            const outcomes = await store.commit(
              'c',
              [index('shared', generation, [`${who}`, `${round}`]), index(`own-${who}-${round}`, 0, ['x'])],
              1,
            );
            committed += outcomes.filter((outcome) => outcome === 'committed').length;
          }
        }),
      );
      const store = stores[0] as ChunkStore;
      const shared = (await store.findDocuments('docs', ['shared'])).get('shared');
      t.equal(committed, 24 + (shared?.generation ?? 0), 'each winner raised the generation by one');
      t.equal((await store.collection('c')).version, 24);
      t.same(await store.counts('docs'), { indexed: 25, failed: 0, chunks: 26 });
    },
  );
}

function index(name: string, generation: number, texts: readonly string[], dimension = 3): IndexDocument {
  return {
    type: 'index',
    store: 'docs',
    id: name,
    generation,
    contentHash: `hash-${name}`,
    pipeline: 'p1',
    embedder: 'e1',
    bytes: 10,
    modifiedAt: 1_700_000_000_123,
    sourceVersion: 'v1',
    metadata: { topic: name },
    title: `Title ${name}`,
    sourcePath: `/docs/${name}`,
    chunks: texts.map((text, place) => ({
      text,
      startLine: place + 1,
      endLine: place + 1,
      place: { startPage: place },
      vector: Float32Array.from({ length: dimension }, (_, at) => (at === 0 ? place : at / 2)),
    })),
  };
}

function key(name: string): string {
  return documentKey('docs', name);
}

function id(name: string, place: number): string {
  return chunkId(key(name), place);
}
