import type { DocumentStoreSettings } from '../config/settings.js';
import type { ChunkStore } from '../knowledge/chunk-store.js';
import type { Knowledge } from '../knowledge/document-stores.js';
import type { IngestRunStore } from '../knowledge/runs/ingest-run.js';
import type { Ingester } from '../knowledge/runs/ingester.js';
import type { LeftStores } from '../knowledge/runs/left-stores.js';
import type { Retriever } from '../knowledge/search/retriever.js';

/** What the management API needs of the document stores. */
export interface KnowledgePort {
  /** Of the configuration. */
  readonly stores: ReadonlyMap<string, { readonly settings: DocumentStoreSettings }>;
  readonly runs: IngestRunStore;
  readonly documents: Pick<ChunkStore, 'findDocuments' | 'commit'>;
  /** What stores have left that the configuration names no more. */
  readonly left: LeftStores;
  /** Queues runs for whoever has the role `ingest`. */
  readonly ingester: Pick<Ingester, 'begin'>;
  readonly retriever: Retriever;
  findIndexFailure(store: string): string | undefined;
  dropIndex: Knowledge['dropIndex'];
}

/** What a process has of them, whatever its configuration becomes. */
export interface StoredKnowledge {
  readonly ingestRuns: KnowledgePort['runs'];
  readonly leftStores: KnowledgePort['left'];
  readonly chunkStore: KnowledgePort['documents'];
}

/** Of whatever the current stores are. */
export function liveKnowledgePort(
  find: () => Pick<KnowledgePort, 'stores' | 'ingester' | 'retriever' | 'findIndexFailure' | 'dropIndex'>,
  { ingestRuns, leftStores, chunkStore }: StoredKnowledge,
): KnowledgePort {
  return {
    get stores() {
      return find().stores;
    },
    get ingester() {
      return find().ingester;
    },
    get retriever() {
      return find().retriever;
    },
    findIndexFailure: (store) => find().findIndexFailure(store),
    dropIndex: (place, signal) => find().dropIndex(place, signal),
    runs: ingestRuns,
    left: leftStores,
    documents: chunkStore,
  };
}
