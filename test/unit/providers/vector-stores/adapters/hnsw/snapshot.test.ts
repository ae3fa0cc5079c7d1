import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import t, { type Test } from 'tap';
import type { Collection } from '../../../../../../src/providers/vector-stores/adapters/hnsw/collection.js';
import type { IndexTarget } from '../../../../../../src/threads/messages.js';
import { unit } from '../../../../../contract/vector-store.js';
import { buildAll, idsNear, openCollection, put, targetIn } from '../../../../../support/index-world.js';
import { tempFolder } from '../../../../../support/knowledge-rig.js';

const NOWHERE = { source: '', version: 0 };

/** 100 entries in a graph, the rest in a growing segment. */
async function fill(t: Test, target: IndexTarget, version: number, count = 130): Promise<Collection> {
  const collection = await openCollection(t, target);
  await put(
    collection,
    Array.from({ length: count }, (_, index) => [`v${index}`, unit(32, index), { group: index % 3 }] as const),
  );
  await buildAll(collection);
  await collection.markPosition({ source: 'table', version });
  await collection.save();
  return collection;
}

function flip(path: string, part: number): void {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length * part);
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(path, bytes);
}

const filesIn = ({ directory }: IndexTarget) => readdirSync(directory).sort();

for (const compress of [false, true])
  t.test(`one changed byte, anywhere, costs the segment that it is in (VEC-08)${compress ? ', compressed' : ''}`, async (t) => {
    const filled = targetIn(tempFolder(t), { compress });
    await fill(t, filled, 3);
    const whole = await openCollection(t, filled);
    t.same([whole.position, whole.count, whole.takeDiscarded()], [{ source: 'table', version: 3 }, 130, undefined]);
    const names = filesIn(filled).filter((name) => !name.endsWith('.json'));
    t.equal(names.length, 4, 'graph and table, rows and table');
    for (const [index, name] of names.entries()) {
      const target = { ...filled, directory: tempFolder(t) };
      cpSync(filled.directory, target.directory, { recursive: true });
      flip(join(target.directory, name), [0.1, 0.5, 0.9, 0.3][index] as number);
      const opened = await openCollection(t, target);
      t.same(opened.position, { source: 'table', version: 0 }, 'whoever fills it begins again, at the same source');
      t.match(opened.takeDiscarded(), /1 of 2 segments.*checksum/);
      t.equal(opened.takeDiscarded(), undefined, 'told once');
      t.ok([100, 30].includes(opened.count), 'the other segment is there');
      await fill(t, target, 4);
      const again = await openCollection(t, target);
      t.same([again.position.version, again.count, again.takeDiscarded()], [4, 130, undefined], 'filled again');
    }
    flip(join(filled.directory, filesIn(filled).find((name) => name.endsWith('.json')) as string), 0.5);
    const opened = await openCollection(t, filled);
    t.same([opened.position, opened.count], [NOWHERE, 0]);
    t.match(opened.takeDiscarded(), /checksum of its manifest/);
  });

t.test('compressed files are smaller, and everything else is the same (CFG-61)', async (t) => {
  const sizeOf = (target: IndexTarget) => filesIn(target).reduce((sum, name) => sum + readFileSync(join(target.directory, name)).length, 0);
  const [plain, compressed] = [targetIn(tempFolder(t)), targetIn(tempFolder(t), { compress: true })];
  const ids = Array.from({ length: 200 }, (_, index) => `document-number-${index}`);
  for (const target of [plain, compressed]) {
    const collection = await openCollection(t, target);
    // Two numbers that are not 0, as keyword embeddings have: what can be compressed is.
    await put(
      collection,
      ids.map((id, index) => [id, Float32Array.from({ length: 64 }, (_, at) => (at === index % 64 || at === (index * 7) % 61 ? 1 : 0))]),
    );
    await buildAll(collection);
    await collection.markPosition({ source: 's', version: 1 });
    await collection.save();
  }
  t.ok(sizeOf(compressed) < sizeOf(plain) / 3, `${sizeOf(compressed)} against ${sizeOf(plain)} bytes`);
  t.ok(filesIn(compressed).every((name) => name.endsWith('.gz') || name.endsWith('.json')));
  const opened = await openCollection(t, { ...compressed, settings: plain.settings });
  t.same([opened.count, opened.takeDiscarded()], [200, undefined], 'what is compressed is read whatever the settings say');
});

t.test('a snapshot of an earlier format, or built by other settings, is dropped', async (t) => {
  const target = targetIn(tempFolder(t));
  await fill(t, target, 3);
  const other = { ...target, settings: { ...target.settings, m: 8 } };
  const opened = await openCollection(t, other);
  t.same([opened.position, opened.count], [NOWHERE, 0]);
  t.match(opened.takeDiscarded(), /built with m 16.*says 8/);
  await fill(t, target, 3);
  const path = join(target.directory, filesIn(target).find((name) => name.endsWith('.json')) as string);
  const text = readFileSync(path, 'utf8').split('\n')[1]?.replace('"format":3', '"format":2') as string;
  writeFileSync(path, `${crc32(text)}\n${text}`);
  t.match((await openCollection(t, target)).takeDiscarded(), /another format/);
});

t.test('whoever saves the same collection leaves a whole snapshot', async (t) => {
  const target = targetIn(tempFolder(t));
  await Promise.all(
    [1, 2, 3].map(async (who) => {
      for (let round = 1; round <= 4; round++) {
        await fill(t, target, who * 10 + round, 60 + round);
        const other = await openCollection(t, target);
        t.equal(other.takeDiscarded(), undefined, 'whoever opens meanwhile finds a whole one');
        t.equal(other.position.source, 'table');
      }
    }),
  );
  t.notOk(filesIn(target).some((name) => name.endsWith('.tmp')));
});

t.test('files of writers that ended are removed, those of writers that live stay', async (t) => {
  const target = targetIn(tempFolder(t));
  const collection = await fill(t, target, 1);
  const mine = filesIn(target).find((name) => name.endsWith('.graph')) as string;
  const orphanOf = (pid: number) => mine.replace(/-\d+-\d+\.[^.]+\.graph$/, `-${pid}-0.someid.graph`);
  // No process has so high a number; this one's parent lives.
  const [dead, living] = [orphanOf(2 ** 22 + 1), orphanOf(process.ppid)];
  const foreign = mine.replace(/\.[0-9a-f]{8}-\d+-\d+\.[^.]+\.graph$/, '.00000000-1-0.someid.graph');
  for (const name of [dead, living, foreign, 'notes.txt']) writeFileSync(join(target.directory, name), 'x');
  await put(collection, [['new', unit(32, 7_000)]]);
  await collection.save();
  const left = filesIn(target);
  t.notOk(left.includes(dead));
  for (const name of [living, foreign, 'notes.txt']) t.ok(left.includes(name), name);
  t.equal(left.length, 5 + 3, 'and of its own only what the manifest names');
});

t.test('files that somebody else removed come back with the next save', async (t) => {
  const target = targetIn(tempFolder(t));
  const collection = await fill(t, target, 1);
  for (const name of filesIn(target)) rmSync(join(target.directory, name));
  await collection.markPosition({ source: 'table', version: 2 });
  await collection.save();
  const opened = await openCollection(t, target);
  t.same([opened.position.version, opened.count, opened.takeDiscarded()], [2, 130, undefined]);
  t.same(await idsNear(opened, unit(32, 20), 1), ['v20']);
});

t.test('a snapshot that cannot be written fails the save, not the index', async (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const target = targetIn(join(folder, 'file', 'vectors'));
  await t.rejects(fill(t, target, 1, 40), { code: 'ENOTDIR' });
  const collection = await openCollection(t, targetIn(await unusable(t)));
  await put(collection, [['a', unit(32, 1)]]);
  await collection.markPosition({ source: 's', version: 1 });
  await t.rejects(collection.save());
  t.same(await idsNear(collection, unit(32, 1), 1), ['a']);
});

/** A folder in whose place a manifest cannot be put: something else has its name. */
async function unusable(t: Test): Promise<string> {
  const folder = tempFolder(t);
  const collection = await openCollection(t, targetIn(folder));
  await put(collection, [['a', unit(32, 1)]]);
  await collection.markPosition({ source: 's', version: 1 });
  await collection.save();
  for (const name of readdirSync(folder)) {
    rmSync(join(folder, name));
    if (name.endsWith('.json')) mkdirSync(join(folder, name));
  }
  return folder;
}
