/** The embedded vector store: segments on index threads, graphs built on another one, snapshots in a folder. */
import type { SegmentSettings } from '../../../../config/settings.js';
import type { Logger } from '../../../../observe/log.js';
import type { IndexMessages } from '../../../../threads/messages.js';
import type { ThreadPools } from '../../../../threads/pools.js';
import type { CollectionHealth, VectorStore } from '../../contract.js';
import { checkEngine } from './check-engine.js';
import { IndexBuilds } from './index-builds.js';
import { type IndexLimits, limitsFor } from './index-limits.js';

export interface HnswVectorStoreOptions {
  /** Absolute folder of snapshots. */
  readonly directory: string;
  readonly settings: SegmentSettings;
  readonly pools: Pick<ThreadPools, 'indexThread' | 'indexBuilder'>;
  readonly log: Logger;
  /** Others than follow from the size of the vectors; for tests. */
  readonly limits?: Partial<IndexLimits>;
}

export interface HnswVectorStore extends VectorStore {
  /** Resolves when no graph is being built. */
  settled(collection: string): Promise<void>;
  health(collection: string): Promise<CollectionHealth>;
}

/** @throws AppError `INDEX_ENGINE_MISSING` */
export function createHnswVectorStore({ directory, settings, pools, log, limits }: HnswVectorStoreOptions): HnswVectorStore {
  checkEngine(settings);
  const builds = new Map<string, IndexBuilds>();
  let closed = false;

  const run = <K extends keyof IndexMessages>(
    name: K,
    collection: string,
    request: Omit<IndexMessages[K]['request'], 'collection' | 'directory' | 'settings' | 'limits'>,
    options: { transfer?: ArrayBuffer[]; signal?: AbortSignal } = {},
  ) =>
    pools
      .indexThread(`${directory}\n${collection}`)
      .run(name, { ...request, collection, directory, settings, limits } as IndexMessages[K]['request'], options);

  const buildsOf = (collection: string): IndexBuilds => {
    const known = builds.get(collection);
    if (known !== undefined) return known;
    const created = new IndexBuilds(
      {
        plan: () => run('planBuild', collection, {}),
        build: (job) => pools.indexBuilder.run('build', job),
        adopt: (id, built) => run('adoptBuild', collection, { id, built }),
        abandon: (id) => run('abandonBuild', collection, { id }),
        save: () => run('save', collection, {}),
      },
      log,
    );
    if (closed) created.close();
    builds.set(collection, created);
    return created;
  };

  return {
    type: 'hnsw',
    async upsert(collection, entries) {
      const dimension = entries[0]?.vector.length;
      if (dimension === undefined) return;
      const vectors = new Float32Array(entries.length * dimension);
      for (const [index, entry] of entries.entries()) vectors.set(entry.vector, index * dimension);
      const request = { ids: entries.map((entry) => entry.id), metadata: entries.map((entry) => entry.metadata), vectors };
      const backlog = await run('upsert', collection, request, { transfer: [vectors.buffer] });
      await buildsOf(collection).keepUp(backlog, { ...limitsFor(dimension), ...limits }.maxUnindexed);
    },
    async remove(collection, ids) {
      buildsOf(collection).start(await run('remove', collection, { ids }));
    },
    async removeWhere(collection, filter) {
      buildsOf(collection).start(await run('removeWhere', collection, { filter }));
    },
    async search(collection, { vector, topK, filter }, signal) {
      const { position, ids, scores } = await run('search', collection, { vector, topK, filter }, signal ? { signal } : {});
      return { position, hits: ids.map((id, index) => ({ id, score: scores[index] as number })) };
    },
    count: (collection) => run('count', collection, {}),
    dropCollection: (collection) => run('drop', collection, {}),
    async position(collection) {
      const { position, discarded, ...backlog } = await run('position', collection, {});
      if (discarded !== undefined)
        log.warn(
          { collection, directory, reason: discarded },
          'an index snapshot was unusable; what is missing is put in again from the database',
        );
      buildsOf(collection).start(backlog);
      return position;
    },
    markPosition: (collection, position) => run('markPosition', collection, { position }),
    flush: (collection) => run('save', collection, {}),
    settled: (collection) => buildsOf(collection).settled(),
    health: (collection) => run('health', collection, {}),
    // The threads belong to the pools; whoever created those ends them.
    async close() {
      closed = true;
      for (const each of builds.values()) each.close();
    },
  };
}
