/** `storage.memory` → the index of sessions and the search in it, which go by one embedder. */

import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { canonicalJson } from '../../base/json.js';
import type { Settings } from '../../config/settings.js';
import { measured } from '../../observe/measured.js';
import { type Meter, silentMetrics } from '../../observe/meter.js';
import type { Embedder } from '../../providers/embedders/contract.js';
import type { EmbedderDependencies } from '../../providers/embedders/dependencies.js';
import { createEmbedder } from '../../providers/embedders/registry.js';
import type { MemorySearch } from '../../providers/tools/memory-search.js';
import { RecallIndexer } from './indexer.js';
import type { RecallStore } from './recall-store.js';
import { createMemorySearch } from './search-recall.js';

export interface MemoryParts {
  readonly store: RecallStore;
  /** By key in `embedders`. */
  readonly getEmbedder: (settings: Settings, name: string) => Embedder;
  readonly clock: Clock;
  /** Default: nobody counts. */
  readonly metrics?: Meter;
}

export interface CreateMemoryOptions extends Pick<MemoryParts, 'store' | 'clock' | 'metrics'> {
  /** What embedders need beside their settings. */
  readonly embedding: Omit<EmbedderDependencies, 'name'>;
}

export function createMemoryParts({ store, embedding, clock, metrics = silentMetrics }: CreateMemoryOptions): MemoryParts {
  return {
    store,
    getEmbedder({ embedders }, name) {
      const embedder = embedders[name];
      if (embedder === undefined)
        throw new AppError('CONFIG_INVALID', { message: `storage.memory.embedder: there is no embedder '${name}'` });
      return createEmbedder(embedder, { ...embedding, name });
    },
    clock,
    metrics,
  };
}

export function createSearch(settings: Settings, parts: MemoryParts): MemorySearch {
  const { clock, metrics = silentMetrics } = parts;
  const embedder = findEmbedder(settings, parts);
  const memory = createMemorySearch({ store: parts.store, embedder });
  const index_type = indexType(embedder);
  return {
    ...memory,
    search: (question, options, signal) =>
      measured(
        clock,
        () => memory.search(question, options, signal),
        (seconds, error_type) => {
          metrics.count('memory_searches_total', { index_type });
          metrics.observe('memory_search_duration_seconds', { index_type }, seconds);
          if (error_type !== undefined && !signal.aborted) metrics.count('errors_total', { component: 'memory', error_type });
        },
      ),
  };
}

/** `undefined` while no agent of these settings would search: nothing is indexed for nobody. */
export function findIndexer(settings: Settings, parts: MemoryParts): RecallIndexer | undefined {
  if (!Object.values(settings.agents).some(({ search }) => search.enabled)) return undefined;
  const { store, clock, metrics = silentMetrics } = parts;
  const embedder = findEmbedder(settings, parts);
  const index_type = indexType(embedder);
  return new RecallIndexer({ store, embedder, clock, onIndexed: (count) => metrics.count('memory_indexed_total', { index_type }, count) });
}

/** The indexer of whatever the settings are when a round begins; without one, the round does nothing. */
export function followIndexer(settings: () => Settings, parts: MemoryParts): Pick<RecallIndexer, 'round'> {
  let key = '';
  let indexer: RecallIndexer | undefined;
  return {
    async round(signal) {
      const current = settings();
      const { agents, storage, embedders } = current;
      const isSearched = Object.values(agents).some(({ search }) => search.enabled);
      const wanted = canonicalJson([isSearched, embedders[storage.memory.embedder ?? ''] ?? null]);
      if (wanted !== key) indexer = findIndexer(current, parts);
      key = wanted;
      return (await indexer?.round(signal)) ?? 0;
    },
  };
}

function indexType(embedder: Embedder | undefined): string {
  return embedder === undefined ? 'words' : 'vectors';
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
