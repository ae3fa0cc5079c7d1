/**
 * A process that fills an index and saves it again and again, until it is killed: `index-writer.js <folder>`. Goes on where the snapshot
 * stands. Prints `begin` when it is open, and each version that is saved.
 */
import { Collection } from '../../src/providers/vector-stores/adapters/hnsw/collection.js';
import { unit } from '../contract/vector-store.js';
import { buildAll, put, targetIn } from './index-world.js';

/** Version `v` puts these in, and takes the first of the version before it away. */
export function idsOfVersion(version: number): readonly string[] {
  return Array.from({ length: 30 }, (_, index) => `v${version}-${index}`);
}

export function countAt(version: number): number {
  return version * 30 - Math.max(0, version - 1);
}

if (process.argv[1]?.endsWith('index-writer.js') === true) await write(process.argv[2] as string);

async function write(directory: string): Promise<void> {
  const collection = await Collection.open(targetIn(directory));
  const discarded = collection.takeDiscarded();
  if (discarded !== undefined) throw new Error(discarded);
  process.stdout.write('begin\n');
  for (let version = collection.position.version + 1; ; version++) {
    await put(
      collection,
      idsOfVersion(version).map((id, index) => [id, unit(32, version * 100 + index)] as const),
    );
    await collection.remove([`v${version - 1}-0`]);
    await buildAll(collection);
    await collection.markPosition({ source: 'table', version });
    await collection.save();
    process.stdout.write(`${version}\n`);
  }
}
