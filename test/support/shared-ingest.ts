/** A process's part in a deployment that ingests one folder: SQLite and Redis shared, every embedding call on record. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/observe/log.js';
import { embedTexts } from '../../src/providers/embedders/adapters/local/hashed-embedding.js';
import type { Embedder } from '../../src/providers/embedders/contract.js';
import { BullIngestQueue } from '../../src/steps/ingest-queue.js';
import { defaultStore, type KnowledgeRig, openRig } from './knowledge-rig.js';
import { startRedisProcess } from './redis-process.js';

export interface SharedIngestOptions {
  readonly folder: string;
  readonly stateFolder: string;
  readonly redisUrl: string;
  /** A line per embedding call: its texts as JSON. Written at once, so that a killed process's calls count too. */
  readonly callsFile: string;
  /** What a call takes. */
  readonly embedMs: number;
}

export async function openSharedIngest(options: SharedIngestOptions): Promise<KnowledgeRig> {
  const disposers: (() => Promise<void>)[] = [];
  const teardown = (dispose: () => Promise<void>) => disposers.push(dispose);
  const { connections, leases } = await startRedisProcess({ teardown }, options.redisUrl, { leaseMs: 1_000 });
  const queue = new BullIngestQueue({
    connection: connections.forQueue(),
    prefix: 'test',
    connect: () => connections.forWorker(),
    disconnect: (connection) => connections.drop(connection as ReturnType<typeof connections.forWorker>),
    clock: systemClock,
    log: silentLogger,
  });
  const rig = await openRig({
    folder: options.folder,
    stateFolder: options.stateFolder,
    // One batch in a process's hands: what a kill costs can be told exactly.
    settings: { indexing: { ...defaultStore('').indexing, maxConcurrent: 1 } },
    coordination: { queue, leases },
    wrapEmbedder: () => recordedEmbedder(options),
  });
  return {
    ...rig,
    async close() {
      await rig.close();
      await queue.close();
      for (const dispose of disposers.reverse()) await dispose();
    },
  };
}

/** Works in its own process and thread, so that the time is its own. */
function recordedEmbedder({ callsFile, embedMs }: SharedIngestOptions): Embedder {
  const dimension = 32;
  return {
    provider: 'local',
    model: 'recorded',
    dimension,
    batchSize: 64,
    async embed(texts, purpose) {
      if (purpose === 'document') appendFileSync(callsFile, `${JSON.stringify(texts)}\n`);
      if (purpose === 'document') await sleep(embedMs);
      const all = embedTexts(texts, dimension);
      return texts.map((_, index) => all.slice(index * dimension, (index + 1) * dimension));
    },
  };
}
