/** `storage.memory` → the index of sessions and the search in it, which go by one embedder. */

import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import type { Settings } from '../../config/settings.js';
import type { Embedder } from '../../providers/embedders/contract.js';
import type { MemorySearch } from '../../providers/tools/memory-search.js';
import { RecallIndexer } from './indexer.js';
import type { RecallStore } from './recall-store.js';
import { createMemorySearch } from './search-recall.js';

export interface MemoryParts {
  readonly store: RecallStore;
  /** By key in `embedders`. */
  readonly getEmbedder: (settings: Settings, name: string) => Embedder;
  readonly clock: Clock;
}

export function createSearch(settings: Settings, parts: MemoryParts): MemorySearch {
  return createMemorySearch({ store: parts.store, embedder: findEmbedder(settings, parts) });
}

/** `undefined` while no agent of these settings would search: nothing is indexed for nobody. */
export function findIndexer(settings: Settings, parts: MemoryParts): RecallIndexer | undefined {
  if (!Object.values(settings.agents).some(({ search }) => search.enabled)) return undefined;
  return new RecallIndexer({ store: parts.store, embedder: findEmbedder(settings, parts), clock: parts.clock });
}

/** @throws AppError `CONFIG_INVALID` when there is nobody whom it would serve. */
export async function rebuildMemory(settings: Settings, parts: MemoryParts, signal: AbortSignal): Promise<number> {
  const indexer = findIndexer(settings, parts);
  if (indexer === undefined)
    throw new AppError('CONFIG_INVALID', {
      message: 'nothing is indexed, as no agent searches: set agents.<name>.search.enabled: true, then rebuild',
    });
  return await indexer.rebuild(signal);
}

function findEmbedder(settings: Settings, { getEmbedder }: MemoryParts): Embedder | undefined {
  const { embedder } = settings.storage.memory;
  return embedder === undefined ? undefined : getEmbedder(settings, embedder);
}
