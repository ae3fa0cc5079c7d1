import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { AppError } from '../../src/base/errors.js';
import { armFaultPoint } from '../../src/base/fault-points.js';
import { defaultStore, type KnowledgeRig, openKnowledge, tempFolder } from '../support/knowledge-rig.js';

t.test('documents of every readable kind are found by what they say, with their source and lines', async (t) => {
  const rig = await openKnowledge(t);
  rig.write(
    'guide/deploy.md',
    '---\ntitle: Deploying\n---\n\n# Roll out\n\nThe deployment pipeline ships containers to the cluster every night.\n',
  );
  rig.write('notes.txt', 'line one\n\nPenguins live in the southern hemisphere and eat fish.\n');
  rig.write(
    'page.html',
    '<html><head><title>Billing &amp; Tax</title><script>var penguin = 1</script></head>\n<body>\n<p>Invoices are sent on the first day of each month.</p></body></html>',
  );
  rig.write('empty.txt', '');
  rig.write('image.bin', Uint8Array.from([0x89, 0x50, 0, 0, 1, 2, 3]));
  rig.write('large.txt', 'x'.repeat(100_001));
  rig.write('node_modules/skip.md', 'never read this penguin');
  rig.write('.hidden/skip.md', 'never read this penguin');
  rig.write('code.rs', 'not included');

  const result = await rig.ingest();
  t.match(result, { total: 6, done: 4, failed: 2, skipped: 0, removed: 0, chunks: 3, finished: true, error: undefined });

  const [deploy] = await rig.search('how are deployments shipped to a cluster?');
  t.match(deploy, {
    store: 'docs',
    documentId: 'guide/deploy.md',
    title: 'Deploying',
    sourcePath: 'guide/deploy.md',
    startLine: 5,
    endLine: 7,
    chunkIndex: 0,
  });
  t.ok(deploy && deploy.score > 0.2 && deploy.score <= 1);
  const [page] = await rig.search('when do invoices go out');
  t.match(page, { documentId: 'page.html', title: 'Billing & Tax', startLine: 3, content: /Invoices are sent/ });
  const penguins = await rig.search('penguins');
  t.equal(penguins[0]?.documentId, 'notes.txt');
  t.notOk(penguins.some((hit) => /skip|var penguin/.test(hit.content)));

  const failed = [...(await rig.chunkStore.findDocuments('docs', ['image.bin', 'large.txt'])).values()];
  t.match(
    failed.map(({ id, status, stage, attempts }) => ({ id, status, stage, attempts })).sort((a, b) => (a.id < b.id ? -1 : 1)),
    [
      { id: 'image.bin', status: 'failed', stage: 'prepare', attempts: 1 },
      { id: 'large.txt', status: 'failed', stage: 'read', attempts: 1 },
    ],
  );
  t.match(failed.find((document) => document.id === 'large.txt')?.lastError, /100001 bytes.*100000/);
});

t.test('an unchanged store makes no embedding call, also after a restart (RAG-32, W-74)', async (t) => {
  const rig = await openKnowledge(t);
  for (let index = 0; index < 40; index++)
    rig.write(`doc-${index}.md`, `# Topic ${index}\n\nSubject number ${index} is about thing${index}.\n`);
  t.match(await rig.ingest(), { done: 40, skipped: 0 });
  const calls = rig.embedded.length;
  t.ok(calls > 0 && calls < 10, 'chunks of many documents share a call (W-72)');
  t.match(await rig.ingest(), { done: 0, skipped: 40, failed: 0 });
  t.equal(rig.embedded.length, calls);

  const again = await rig.restart();
  t.match(await again.ingest(), { done: 0, skipped: 40, removed: 0 });
  utimesSync(join(again.folder, 'doc-3.md'), 1, 1);
  t.match(await again.ingest(), { done: 0, skipped: 40 }, 'a new time of change with old content is compared by hash');
  t.same(again.embedded, []);
  t.equal((await again.search('thing17'))[0]?.documentId, 'doc-17.md');
});

t.test('a changed document is embedded alone, a deleted one leaves the search, a shrunken one leaves no old chunk (W-73)', async (t) => {
  const rig = await openKnowledge(t);
  for (let index = 0; index < 10; index++) rig.write(`doc-${index}.txt`, `The colour of item ${index} is shade${index}.`);
  rig.write(
    'long.txt',
    Array.from(
      { length: 60 },
      (_, index) => `Paragraph ${index} speaks of walrus${index} at some length so that there are several chunks.`,
    ).join('\n'),
  );
  const first = await rig.ingest();
  t.ok(first.chunks > 14);
  rig.embedded.length = 0;

  rig.write('doc-4.txt', 'The colour of item 4 is now crimson.');
  rig.write('long.txt', 'Only walrus1 is left.');
  rmSync(join(rig.folder, 'doc-7.txt'));
  t.match(await rig.ingest(), { total: 10, done: 2, skipped: 8, removed: 1, chunks: 2 });
  t.same(rig.embedded.flat().sort(), ['Only walrus1 is left.', 'The colour of item 4 is now crimson.']);

  t.equal((await rig.search('crimson item'))[0]?.documentId, 'doc-4.txt');
  t.notOk((await rig.search('colour of item shade7', 50)).some((hit) => hit.documentId === 'doc-7.txt'));
  const walruses = (await rig.search('walrus59 paragraph', 50)).filter((hit) => hit.documentId === 'long.txt');
  t.same(
    walruses.map((hit) => hit.content),
    ['Only walrus1 is left.'],
  );
  t.equal(await rig.countIndexed(), 10, 'nothing else is left in the index');
});

t.test('the old version stays searchable until the new one is committed, and after an update that fails', async (t) => {
  let failing = false;
  const rig = await openKnowledge(t, {
    wrapEmbedder: (embedder) => ({
      ...embedder,
      embed: (texts, purpose, signal) =>
        failing && purpose === 'document' && texts.some((text) => text.includes('poison'))
          ? Promise.reject(new AppError('LLM_REJECTED'))
          : embedder.embed(texts, purpose, signal),
    }),
  });
  rig.write('a.txt', 'The harbour master is called Ingrid.');
  rig.write('b.txt', 'The baker is called Tom.');
  await rig.ingest();

  rig.write('a.txt', 'The harbour master is called Beatrice.');
  const seen: string[] = [];
  const disarm = armFaultPoint('ingest.before-commit', async () => {
    seen.push(...(await rig.search('harbour master', 1)).map((hit) => hit.content));
  });
  t.teardown(disarm);
  await rig.ingest();
  disarm();
  t.same(seen, ['The harbour master is called Ingrid.']);
  t.same((await rig.search('harbour master'))[0]?.content, 'The harbour master is called Beatrice.');

  failing = true;
  rig.write('a.txt', 'The harbour master is poison.');
  rig.write('b.txt', 'The baker is called Eve.');
  t.match(await rig.ingest(), { done: 1, failed: 1 }, 'one failing document stops no other (RAG-31)');
  t.same((await rig.search('harbour master'))[0]?.content, 'The harbour master is called Beatrice.');
  t.same((await rig.search('baker'))[0]?.content, 'The baker is called Eve.');
  t.match((await rig.chunkStore.findDocuments('docs', ['a.txt'])).get('a.txt'), { status: 'failed', stage: 'embed', chunkCount: 1 });

  failing = false;
  t.match(await rig.ingest(), { done: 1, failed: 0, skipped: 1 }, 'a failed document is tried again');
  t.same((await rig.search('harbour master'))[0]?.content, 'The harbour master is poison.');
});

t.test('a killed ingest goes on with what is left, and nothing is lost or doubled (RAG-34)', { timeout: 60_000 }, async (t) => {
  const folder = tempFolder(t);
  const stateFolder = tempFolder(t);
  const documents = 200;
  for (let index = 0; index < documents; index++) {
    writeFileSync(join(folder, `doc-${index}.txt`), `Document ${index} is about subject${index}.`);
    utimesSync(join(folder, `doc-${index}.txt`), 1000, 1000);
  }
  for (const point of ['ingest.after-commit=kill@2', 'ingest.before-commit=kill@3', 'ingest.after-commit=kill@4']) {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../support/ingest-child.js', import.meta.url)), folder, stateFolder, point],
      { stdio: 'inherit' },
    );
    const [code, signal] = await once(child, 'exit');
    t.same([code, signal], [null, 'SIGKILL']);
  }
  const rig = await openKnowledge(t, { folder, stateFolder });
  const committed = (await rig.chunkStore.counts('docs')).chunks;
  t.ok(committed >= 16 * 6 && committed < documents, `${committed} of ${documents} were committed before the last kill`);
  t.match(await rig.ingest(), { done: documents - committed, skipped: committed, failed: 0, removed: 0 });
  t.equal(rig.embedded.flat().length, documents - committed, 'only what was left is embedded');
  t.same(await rig.chunkStore.counts('docs'), { indexed: documents, failed: 0, chunks: documents });
  for (const index of [0, 57, 130, 199]) t.equal((await rig.search(`subject${index}`))[0]?.documentId, `doc-${index}.txt`);
});

t.test('two processes that ingest one store at the same time do no harm, and both can search it', { timeout: 60_000 }, async (t) => {
  const one = await openKnowledge(t);
  for (let index = 0; index < 150; index++) one.write(`doc-${index}.txt`, `Document ${index} is about subject${index}.`);
  const two = await openKnowledge(t, { folder: one.folder, stateFolder: one.stateFolder });
  const results = await Promise.all([one.ingest(), two.ingest()]);
  for (const result of results) t.match(result, { failed: 0, finished: true, error: undefined });
  t.same(await one.chunkStore.counts('docs'), { indexed: 150, failed: 0, chunks: 150 });
  for (const rig of [one, two]) t.equal((await rig.search('subject77'))[0]?.documentId, 'doc-77.txt');

  one.write('doc-77.txt', 'Document 77 is about something else entirely: zeppelins.');
  await one.ingest();
  await until(async () => (await two.search('zeppelins'))[0]?.documentId === 'doc-77.txt');
  await Promise.all([one.close(), two.close()]);
  const third = await one.restart();
  t.equal((await third.search('zeppelins'))[0]?.documentId, 'doc-77.txt', 'the snapshots of both left a whole one');
});

t.test('an index thread that dies is replaced and its index filled again', async (t) => {
  const rig = await openKnowledge(t);
  for (let index = 0; index < 20; index++) rig.write(`doc-${index}.txt`, `Entry ${index} describes gadget${index}.`);
  await rig.ingest();
  await rig.pools.killIndexThreads();
  t.equal((await rig.search('gadget12'))[0]?.documentId, 'doc-12.txt');
});

t.test('an aborted ingest stops with the reason and keeps what was committed', async (t) => {
  const stop = new AbortController();
  const rig = await openKnowledge(t, {
    wrapChunkStore: (store) => ({
      ...store,
      async commit(...request) {
        const outcomes = await store.commit(...request);
        stop.abort(new Error('enough'));
        return outcomes;
      },
    }),
  });
  for (let index = 0; index < 100; index++) rig.write(`doc-${index}.txt`, `Document ${index} is about subject${index}.`);
  await t.rejects(rig.knowledge.ingester.ingest({ stores: undefined }, undefined, stop.signal), { message: 'enough' });
  const { indexed } = await rig.chunkStore.counts('docs');
  t.ok(indexed > 0 && indexed < 100);
  t.match(await rig.ingest(), { done: 100 - indexed, failed: 0 });
});

t.test('documents below a folder that cannot be listed are kept, and the folder is reported', async (t) => {
  let isLocked = false;
  const rig: KnowledgeRig = await openKnowledge(t, {
    wrapSource: (source) => ({
      ...source,
      async *scan(signal) {
        for await (const finding of source.scan(signal))
          if (!isLocked || (finding.type === 'document' && finding.document.id === 'open.txt')) yield finding;
        const problem = { id: 'locked', path: join(rig.folder, 'locked'), isFolder: true, error: new Error('permission denied') };
        if (isLocked) yield { type: 'problem', problem };
      },
    }),
  });
  rig.write('open.txt', 'An open secret about herons.');
  rig.write('locked/inner.txt', 'A locked secret about storks.');
  rig.write('locked-too.txt', 'A name that only begins alike, about cranes.');
  await rig.ingest();
  isLocked = true;
  t.match(await rig.ingest(), { total: 2, failed: 1, removed: 1 });
  t.equal((await rig.search('storks'))[0]?.documentId, 'locked/inner.txt');
  t.notOk((await rig.search('cranes')).some((hit) => hit.documentId === 'locked-too.txt'));
  t.match((await rig.chunkStore.findDocuments('docs', ['locked'])).get('locked'), {
    status: 'failed',
    stage: 'scan',
    lastError: 'permission denied',
  });
  isLocked = false;
  t.match(await rig.ingest(), { failed: 0, removed: 1 }, 'once it can be listed, the folder is no document');
});

t.test('a document that became a link out of the folder leaves the search, and is reported', async (t) => {
  const rig = await openKnowledge(t);
  writeFileSync(join(rig.stateFolder, 'secret.txt'), 'Herons nest in the tower.');
  rig.write('birds/herons.txt', 'Herons are grey.');
  await rig.ingest();
  rmSync(join(rig.folder, 'birds'), { recursive: true });
  symlinkSync(rig.stateFolder, join(rig.folder, 'birds'));
  t.match(await rig.ingest(), { total: 1, done: 0, failed: 1, removed: 1 });
  t.same(await rig.search('herons'), []);
  t.match((await rig.chunkStore.findDocuments('docs', ['birds'])).get('birds'), {
    status: 'failed',
    stage: 'scan',
    lastError: /leads out/,
  });
});

t.test('a vanished root is an error that names it, and removes nothing', async (t) => {
  const rig = await openKnowledge(t);
  rig.write('inner.txt', 'A secret about storks.');
  await rig.ingest();
  const missing = join(rig.folder, 'missing');
  const moved = await rig.restart({ source: { type: 'directory', path: missing, include: [], exclude: [], maxFileBytes: 1000 } });
  const result = await moved.ingest();
  t.match(result, { finished: false, error: { code: 'DOCUMENT_SOURCE_UNREADABLE' } });
  t.match(result.error?.message, missing);
  t.equal((await moved.search('storks'))[0]?.documentId, 'inner.txt');
});

t.test('a changed chunking setting prepares every document anew', async (t) => {
  const rig = await openKnowledge(t);
  rig.write('a.txt', 'One sentence here. Another sentence there. A third one follows. And a fourth.');
  t.match(await rig.ingest(), { done: 1, chunks: 1 });
  const again = await rig.restart({
    chunking: { ...defaultStore('').chunking, strategy: 'sentence', minSize: 1, sentencesPerChunk: 2 },
  });
  t.match(await again.ingest(), { done: 1, chunks: 2 });
  t.same(
    (await again.search('what follows third', 1)).map((hit) => hit.content),
    ['A third one follows. And a fourth.'],
  );
});

t.test('an index snapshot that is broken, cut or gone is rebuilt from the database (VEC-08)', async (t) => {
  let rig = await openKnowledge(t);
  for (let index = 0; index < 30; index++) rig.write(`doc-${index}.txt`, `Entry ${index} describes gadget${index}.`);
  await rig.ingest();
  rig = await rig.restart();
  const vectors = join(rig.stateFolder, 'vectors');
  const files = () => readdirSync(vectors).filter((name) => !name.endsWith('.tmp'));
  t.equal(files().length, 3, 'a manifest, vectors and their entries');
  t.equal((await rig.search('gadget12'))[0]?.documentId, 'doc-12.txt', 'read back from the snapshot');

  for (const [what, spoil] of [
    ['manifest is not JSON', (name: string) => name.endsWith('.json') && writeFileSync(join(vectors, name), '{')],
    ['vectors are garbage', (name: string) => name.endsWith('.rows') && writeFileSync(join(vectors, name), 'garbage')],
    ['vectors are gone', (name: string) => name.endsWith('.rows') && rmSync(join(vectors, name))],
    ['entries are cut', (name: string) => name.endsWith('.table') && truncateSync(join(vectors, name), 20)],
    ['everything is gone', (name: string) => rmSync(join(vectors, name))],
  ] as const) {
    await rig.close();
    for (const name of files()) spoil(name);
    rig = await rig.restart();
    t.equal((await rig.search('gadget12'))[0]?.documentId, 'doc-12.txt', what);
  }
});

t.test('an index holds the metadata of its chunks, and tells how far it is behind (VEC-07)', async (t) => {
  const rig = await openKnowledge(t);
  for (let index = 0; index < 5; index++) rig.write(`doc-${index}.txt`, `Entry ${index} describes gadget${index}.`);
  t.match(await rig.knowledge.indexHealth(), [{ collection: 'docs', isFollowing: false, isFilled: false, entries: 0 }]);
  await rig.ingest();
  const [health] = await rig.knowledge.indexHealth();
  t.match(health, { isFollowing: true, isFilled: true, behind: 0, entries: 5, unindexed: 5, segments: 1 });
  t.equal(health?.version, health?.committedVersion);
  t.ok((health?.memoryBytes ?? 0) > 5 * 384 * 4);
  t.equal(await rig.countIndexed({ document_id: 'doc-3.txt' }), 1);
  t.equal(await rig.countIndexed({ store: 'docs' }), 5);
  t.equal(await rig.countIndexed({ store: 'others' }), 0);
});

/** The other process looks at the version once a second. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it never happened');
}
