import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import t from 'tap';
import { GraphHost } from '../../../../src/providers/vector-stores/adapters/hnsw/graph-host.js';
import { unit } from '../../../contract/vector-store.js';
import { tempFolder } from '../../../support/knowledge-rig.js';

const NOWHERE = { source: '', version: 0 };

async function fill(host: GraphHost, target: { collection: string; directory: string }, version: number, count = 200): Promise<void> {
  const vectors = new Float32Array(count * 32);
  for (let index = 0; index < count; index++) vectors.set(unit(32, index), index * 32);
  await host.upsert(
    target,
    Array.from({ length: count }, (_, index) => `v${index}`),
    vectors,
  );
  await host.markPosition(target, { source: 'table', version });
  await host.save(target);
}

t.test('a snapshot with one changed byte, anywhere, is not trusted (VEC-08)', async (t) => {
  const target = { collection: 'c', directory: join(tempFolder(t), 'vectors') };
  await fill(new GraphHost(), target, 3);
  t.same((await new GraphHost().position(target)).position, { source: 'table', version: 3 });
  for (const ending of ['.graph', '.json']) {
    for (const part of [0.1, 0.5, 0.9]) {
      const path = join(target.directory, newest(target.directory, ending));
      const bytes = readFileSync(path);
      const at = Math.floor(bytes.length * part);
      bytes[at] = (bytes[at] as number) ^ 1;
      writeFileSync(path, bytes);
      const host = new GraphHost();
      const opened = await host.position(target);
      t.same(opened.position, NOWHERE, `${ending} at ${part}`);
      t.match(opened.discarded, /checksum/);
      t.equal((await host.position(target)).discarded, undefined, 'told once');
      await fill(host, target, 3);
    }
  }
});

t.test('a snapshot of an earlier format is dropped, so that its graph is built anew', async (t) => {
  const target = { collection: 'c', directory: join(tempFolder(t), 'vectors') };
  await fill(new GraphHost(), target, 3);
  const path = join(target.directory, newest(target.directory, '.json'));
  const text = readFileSync(path, 'utf8').split('\n')[1]?.replace('"format":2', '"format":1') as string;
  writeFileSync(path, `${crc32(text)}\n${text}`);
  t.match(await new GraphHost().position(target), { position: NOWHERE, discarded: /another format/ });
});

t.test('several processes that save the same collection leave a whole snapshot and no heap of old ones', async (t) => {
  const target = { collection: 'c', directory: tempFolder(t) };
  const hosts = [new GraphHost(), new GraphHost(), new GraphHost()];
  await Promise.all(
    hosts.map(async (host, who) => {
      for (let round = 1; round <= 5; round++) {
        await fill(host, target, who * 10 + round, 50 + round);
        const other = await new GraphHost().position(target);
        t.equal(other.discarded, undefined, 'whoever opens meanwhile finds a whole one');
        t.equal(other.position.source, 'table');
      }
    }),
  );
  t.notOk(readdirSync(target.directory).some((name) => name.endsWith('.tmp')));
});

t.test('a snapshot that cannot be written fails the save, not the index', async (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const target = { collection: 'c', directory: join(folder, 'file', 'vectors') };
  const host = new GraphHost();
  await t.rejects(fill(host, target, 1), { code: 'ENOTDIR' });
  t.equal((await host.search(target, unit(32, 7), 1)).ids[0], 'v7');
});

/** Names carry time-ordered ids; replaced graphs stay for a minute. */
function newest(directory: string, ending: string): string {
  const names = readdirSync(directory).filter((name) => name.endsWith(ending));
  return names.sort().at(-1) as string;
}
