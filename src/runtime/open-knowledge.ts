/** The document stores of a process: those of the current configuration, and those that older runs search. */
import type { Closers } from '../base/closers.js';
import type { Settings } from '../config/settings.js';
import type { IngestRunStore } from '../knowledge/runs/ingest-run.js';
import type { SearchAids } from '../knowledge/search/create-retriever.js';
import { createKnowledgeMetrics, watchIndexes } from '../observe/knowledge-metrics.js';
import type { Metrics } from '../observe/meter.js';
import { CurrentKnowledge } from './current-knowledge.js';
import type { Role } from './hector.js';
import { KnowledgePool, type KnowledgePoolOptions, measureHeld } from './knowledge-pool.js';
import type { HeldRetriever } from './snapshot.js';

export interface OpenKnowledgeOptions extends Omit<KnowledgePoolOptions, 'runs' | 'metrics' | 'followsOwnIngest'> {
  readonly settings: Settings;
  readonly roles: ReadonlySet<Role>;
  readonly ingestRuns: IngestRunStore;
  readonly metrics: Metrics;
  readonly closers: Closers;
}

export interface OpenedKnowledge {
  readonly knowledge: CurrentKnowledge;
  holdRetriever(settings: Settings, aids: SearchAids): HeldRetriever;
}

export function openKnowledge({ settings, roles, ingestRuns, metrics: all, closers, ...options }: OpenKnowledgeOptions): OpenedKnowledge {
  const metrics = createKnowledgeMetrics(all);
  const pool = new KnowledgePool({ ...options, runs: ingestRuns, metrics, followsOwnIngest: roles.has('agent') });
  closers.add(() => pool.close());
  const current = new CurrentKnowledge({ pool, settings, ingests: roles.has('ingest') });
  watchIndexes(all, async () => {
    const known = (await current.knowledge.indexHealth()).filter(({ isFollowing }) => isFollowing);
    return known.flatMap(({ stores, entries, behind }) => stores.map((store) => ({ store, vectors: entries, behind })));
  });
  return {
    knowledge: current,
    holdRetriever: (other, aids) => measureHeld(pool.hold(other), aids, { metrics, clock: options.clock }),
  };
}
