/** What every document source promises, seen from the pipeline that reads it. */
import type { Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { createSource } from '../../src/knowledge/sources/create-source.js';
import type { DocumentSource } from '../../src/knowledge/sources/document-source.js';
import { defaultStore, openKnowledge } from '../support/knowledge-rig.js';
import { readScan, readText } from '../support/read-scan.js';
import type { OpenWorld, SourceWorld } from '../support/source-worlds/source-world.js';

export function documentSourceContract(t: Test, openWorld: OpenWorld): void {
  void t.test('a scan names every document once; what it names can be read elsewhere and later (RAG-04…08)', async (t) => {
    const world = await openWorld(t);
    for (const name of NAMES) await world.put(name, `All about ${name}.`);
    const { documents, problems } = await readScan(open(t, world), SIGNAL);
    t.same(problems, []);
    t.same(documents.map(({ id }) => id).sort(), NAMES.map((name) => world.id(name)).sort());
    const other = open(t, world);
    for (const name of ['a', 'g']) {
      const document = documents.find(({ id }) => id === world.id(name));
      if (document === undefined) throw new Error(`no ${name}`);
      const { content: _, ...reference } = JSON.parse(JSON.stringify(document)) as typeof document;
      t.match(await readText(other, reference, SIGNAL), new RegExp(`All about ${name}\\.`));
    }
  });

  void t.test(
    'unchanged costs nothing, changed is read, deleted disappears; one bad document fails alone (RAG-32, W-73, W-74)',
    async (t) => {
      const world = await openWorld(t);
      for (const name of NAMES) await world.put(name, `All about ${name}.`);
      const settings = { ...defaultStore('').indexing, retry: { maxRetries: 0, baseDelayMs: 1, maxDelayMs: 1, jitter: 0 } };
      const rig = await openKnowledge(t, {
        settings: { source: world.settings, indexing: settings },
        ...(world.dependencies === undefined ? {} : { sourceDependencies: world.dependencies }),
      });
      const texts = async () => (await rig.search('All about', 50)).map(({ content }) => content.trim()).sort();
      t.match(await rig.ingest(), { total: 7, done: 7, failed: 0, error: undefined });
      t.equal(rig.embedded.flat().length, 7);

      const contents = world.countContents?.();
      t.match(await rig.ingest(), { total: 7, skipped: 7, done: 0, failed: 0, removed: 0, error: undefined });
      t.equal(rig.embedded.flat().length, 7, 'nothing is embedded again');
      t.equal(world.countContents?.(), contents, 'nothing is read again');

      await world.put('c', 'All that is new.');
      await world.put('h', 'All about h.');
      await world.remove('b');
      t.match(await rig.ingest(), { total: 7, skipped: 5, done: 2, failed: 0, removed: 1, error: undefined });
      t.same(
        rig.embedded
          .flat()
          .slice(7)
          .map((text) => text.trim())
          .sort(),
        ['All about h.', 'All that is new.'],
      );
      t.same(await texts(), [
        'All about a.',
        'All about d.',
        'All about e.',
        'All about f.',
        'All about g.',
        'All about h.',
        'All that is new.',
      ]);

      await world.spoil('d');
      await world.remove('h');
      t.match(await rig.ingest(), { failed: 1, removed: 1, error: undefined }, 'a bad one neither ends the scan nor hides what is gone');
      const failed = (await rig.chunkStore.findDocuments('docs', [world.id('d')])).get(world.id('d'));
      t.match(failed, { status: 'failed', lastError: /./ });
      t.ok((await texts()).includes('All about d.'), 'its last version stays');
      await world.put('d', 'All is well with d.');
      t.match(await rig.ingest(), { failed: 0, done: 1, error: undefined });

      await world.breakListing(true);
      const broken = await rig.ingest();
      t.ok(broken.error !== undefined || broken.failed > 0, 'it is said');
      t.equal(broken.removed, 0, 'what could not be listed whole takes nothing away');
      t.equal((await texts()).length, 6);
      await world.breakListing(false);
      t.match(await rig.ingest(), { total: 6, skipped: 6, failed: 0, error: undefined });
    },
  );

  void t.test('an abort ends a scan and a read, whatever they wait for', async (t) => {
    const world = await openWorld(t);
    for (const name of NAMES) await world.put(name, `All about ${name}.`);
    await t.rejects(readScan(open(t, world), AbortSignal.abort(new Error('enough'))), { message: /enough|abort/i });
    const { documents } = await readScan(open(t, world), SIGNAL);
    const source = open(t, world);
    const ending = new AbortController();
    const late = (async () => {
      for await (const _ of source.scan(ending.signal)) ending.abort(new Error('enough'));
    })();
    await late.catch((error: Error) => t.match(error.message, /enough|abort/i));
    if (world.fallSilent === undefined) return;
    const speak = await world.fallSilent();
    const { content: _, ...reference } = documents[0] as (typeof documents)[number];
    const waits: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal: AbortSignal) => readScan(open(t, world), signal),
      (signal: AbortSignal) => open(t, world).read(reference, '', signal),
    ];
    for (const wait of waits) {
      const silent = new AbortController();
      const cancel = systemClock.after(100, () => silent.abort(new Error('enough')));
      await t.rejects(wait(silent.signal), { message: /enough|abort/i });
      cancel();
    }
    await speak();
  });
}

function open(t: Test, { settings, dependencies }: SourceWorld): DocumentSource {
  const source = createSource(settings, { store: 'docs', clock: systemClock, ...dependencies });
  t.teardown(() => source.close?.());
  return source;
}

const SIGNAL = new AbortController().signal;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
