import type { Clock } from '../../base/clock.js';
import type { KnowledgeMetrics } from '../../observe/knowledge-metrics.js';
import type { Logger } from '../../observe/log.js';
import type { LeaseManager } from '../../tasks/coordination.js';
import type { TextThreads } from '../../threads/pools.js';
import type { ByteBudget } from '../byte-budget.js';
import type { ChunkStore } from '../chunk-store.js';
import type { BatchQueue } from './batch-queue.js';
import type { IngestRunStore } from './ingest-run.js';

/** What whoever conducts runs and works batches off needs. */
export interface RunDependencies {
  readonly runs: IngestRunStore;
  readonly chunkStore: ChunkStore;
  readonly queue: BatchQueue;
  readonly leases: LeaseManager;
  readonly textThreads: TextThreads;
  readonly budget: ByteBudget;
  readonly metrics: KnowledgeMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}
