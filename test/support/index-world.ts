/** Collections without threads: what a thread would do is done here, so that a test decides when. */
import type { Test } from 'tap';
import type { Metadata } from '../../src/base/metadata.js';
import type { SegmentSettings } from '../../src/config/settings.js';
import { buildSegment } from '../../src/providers/vector-stores/adapters/hnsw/build-segment.js';
import { Collection } from '../../src/providers/vector-stores/adapters/hnsw/collection.js';
import type { IndexTarget } from '../../src/threads/messages.js';
import { INDEX_SETTINGS } from './index-settings.js';

/** Limits so small that some hundred entries make several graphs. */
export const SMALL_LIMITS = { sealRows: 50, maxUnindexed: 200, maxGraphRows: 400 };

export function targetIn(directory: string, settings: Partial<SegmentSettings> = {}): IndexTarget {
  return { collection: 'c', directory, settings: { ...INDEX_SETTINGS, ...settings }, limits: SMALL_LIMITS };
}

/** Closed with the test. */
export async function openCollection(t: Pick<Test, 'teardown'>, target: IndexTarget): Promise<Collection> {
  const collection = await Collection.open(target);
  t.teardown(() => collection.close());
  return collection;
}

export async function put(collection: Collection, entries: readonly (readonly [string, Float32Array, Metadata?])[]): Promise<void> {
  const dimension = entries[0]?.[1].length ?? 0;
  const vectors = new Float32Array(entries.length * dimension);
  for (const [index, [, vector]] of entries.entries()) vectors.set(vector, index * dimension);
  await collection.upsert(
    entries.map(([id]) => id),
    entries.map(([, , metadata]) => metadata ?? {}),
    vectors,
  );
}

/** Builds until nothing is due; how many graphs were built. */
export async function buildAll(collection: Collection): Promise<number> {
  for (let count = 0; ; count++) {
    const job = collection.planBuild();
    if (job === undefined) return count;
    await collection.adoptBuild(job.id, await buildSegment(job));
  }
}

export async function idsNear(collection: Collection, vector: Float32Array, topK: number): Promise<readonly string[]> {
  return (await collection.search({ vector, topK, filter: undefined })).map(({ id }) => id);
}
