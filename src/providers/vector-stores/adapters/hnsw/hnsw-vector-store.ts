/** The embedded vector store: HNSW graphs on index threads, with snapshots in a folder. */
import { AppError } from '../../../../base/errors.js';
import type { Logger } from '../../../../observe/log.js';
import type { IndexMessages } from '../../../../threads/messages.js';
import type { ThreadPools } from '../../../../threads/pools.js';
import type { VectorStore } from '../../contract.js';

export interface HnswVectorStoreOptions {
  /** Absolute folder of snapshots. */
  readonly directory: string;
  readonly pools: Pick<ThreadPools, 'indexThread'>;
  readonly log: Logger;
}

export function createHnswVectorStore({ directory, pools, log }: HnswVectorStoreOptions): VectorStore {
  const run = <K extends keyof IndexMessages>(
    name: K,
    collection: string,
    request: Omit<IndexMessages[K]['request'], 'collection' | 'directory'>,
    options: { transfer?: ArrayBuffer[]; signal?: AbortSignal } = {},
  ) =>
    pools
      .indexThread(`${directory}\n${collection}`)
      .run(name, { ...request, collection, directory } as IndexMessages[K]['request'], options);

  return {
    type: 'hnsw',
    async upsert(collection, entries) {
      const dimension = entries[0]?.vector.length;
      if (dimension === undefined) return;
      const vectors = new Float32Array(entries.length * dimension);
      for (const [index, entry] of entries.entries()) vectors.set(entry.vector, index * dimension);
      await run('upsert', collection, { ids: entries.map((entry) => entry.id), vectors }, { transfer: [vectors.buffer] });
    },
    remove: (collection, ids) => run('remove', collection, { ids }),
    removeWhere: () => Promise.reject(withoutFilters()),
    async search(collection, { vector, topK, filter }, signal) {
      if (filter !== undefined) throw withoutFilters();
      const { position, ids, scores } = await run('search', collection, { vector, topK }, signal ? { signal } : {});
      return { position, hits: ids.map((id, index) => ({ id, score: scores[index] as number })) };
    },
    count: (collection) => run('count', collection, {}),
    dropCollection: (collection) => run('drop', collection, {}),
    async position(collection) {
      const { position, discarded } = await run('position', collection, {});
      if (discarded !== undefined)
        log.warn({ collection, directory, reason: discarded }, 'an index snapshot was unusable; the index is rebuilt from the database');
      return position;
    },
    markPosition: (collection, position) => run('markPosition', collection, { position }),
    flush: (collection) => run('save', collection, {}),
    // The threads belong to the pools; whoever created those ends them.
    close: async () => {},
  };
}

function withoutFilters(): AppError {
  return new AppError('INDEX_FAILED', { message: 'This index keeps no metadata, so it cannot be asked by it' });
}
