/** How long a search takes, and how long this process's event loop is held up, while vectors are put in as fast as they are taken. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../../src/observe/log.js';
import { createHnswVectorStore } from '../../src/providers/vector-stores/adapters/hnsw/hnsw-vector-store.js';
import { createThreadPools } from '../../src/threads/pools.js';
import { INDEX_SETTINGS } from '../../test/support/index-settings.js';
import { type Line, type Measurement, type Run, readCount } from '../frame/measurement.js';
import { percentilesOf } from '../frame/statistics.js';
import { clusteredVectors, trueNearest } from '../load/clustered-vectors.js';

const BATCH = 256;
const QUERIES = 200;
const PAUSE_MS = 5;

export const searchWhileIngesting: Measurement = {
  name: 'search-while-ingesting',
  budgetSeconds: { full: 0, quick: 0 },
  rows: [
    {
      name: 'search-while-ingesting',
      question: 'How long does a search take while vectors are put in at full speed?',
      method:
        'One client searches (top 10, 5 ms between answer and next question) while batches of 256 of 100,000 vectors (--count, --engine, --quantization) go in as fast as they are taken, until everything is in a graph. Then the same client searches with nothing going in: that is what the machine’s other work does to the same searches. Once; the client is a closed loop, in the store’s process, whose event-loop lag stands beside.',
      unit: 'ms p99',
      better: 'lower',
    },
  ],
  measure,
};

async function measure(run: Run): Promise<readonly Line[]> {
  const count = readCount(run, 'count', run.isQuick ? 5_000 : 100_000);
  const engine = run.options['engine'] === 'usearch' ? 'usearch' : 'hnswlib';
  const quantization = (run.options['quantization'] ?? (engine === 'usearch' ? 'f16' : 'f32')) as 'f32' | 'f16' | 'i8';
  const vectors = clusteredVectors(count, { seed: 1, world: 7 });
  const queries = clusteredVectors(QUERIES, { seed: 2, world: 7 });
  const truth = trueNearest(vectors, queries);
  const directory = mkdtempSync(join(tmpdir(), 'hector-bench-'));
  const pools = createThreadPools({ log: silentLogger });
  const store = createHnswVectorStore({ directory, settings: { ...INDEX_SETTINGS, engine, quantization }, pools, log: silentLogger });
  try {
    await store.position('c');
    let isOver = false;
    const loop = monitorEventLoopDelay({ resolution: 1 });
    loop.enable();
    const startedAt = performance.now();
    let takenSeconds = 0;
    const ingest = (async () => {
      for (let at = 0; at < count; at += BATCH) {
        const size = Math.min(BATCH, count - at);
        const entries = Array.from({ length: size }, (_, index) => ({
          id: `v${at + index}`,
          vector: vectors.at(at + index),
          metadata: { document_id: `d${(at + index) >> 3}`, store: 'docs' },
        }));
        await store.upsert('c', entries);
      }
      takenSeconds = (performance.now() - startedAt) / 1000;
      await store.settled('c');
      isOver = true;
    })();
    const during = await searchUntil(store, queries, () => isOver);
    await ingest;
    loop.disable();
    const seconds = (performance.now() - startedAt) / 1000;
    const quietUntil = performance.now() + run.seconds * 1_000;
    const quiet = await searchUntil(store, queries, () => performance.now() > quietUntil);
    let found = 0;
    for (let query = 0; query < QUERIES; query++) {
      const { hits } = await store.search('c', { vector: queries.at(query), topK: 10 });
      found += hits.filter(({ id }) => truth[query]?.has(Number(id.slice(1)))).length;
    }
    // The loop's own timer fires once a millisecond: what is over that is lag.
    const lagMs = (share: number) => Math.max(0, loop.percentile(share) / 1e6 - 1).toFixed(1);
    const line = (target: string, latenciesMs: readonly number[], also: Line['also']): Line => {
      const latency = percentilesOf(latenciesMs);
      return { row: 'search-while-ingesting', target, repeats: [latency.p99Ms], latency, also };
    };
    const afterwards = 'afterwards, nothing going in';
    return [
      {
        ...line(`during, ${engine} ${quantization}`, during, {
          'vectors/s': count / seconds,
          'taken within s': takenSeconds,
          'loop lag p99 ms': lagMs(99),
          'loop lag max ms': lagMs(100),
          'recall@10': (found / (QUERIES * 10)).toFixed(4),
        }),
        comparedWith: afterwards,
      },
      line(afterwards, quiet, {}),
    ];
  } finally {
    await store.close();
    await pools.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One client that asks, waits a little, and asks again; how long each answer took. */
async function searchUntil(
  store: ReturnType<typeof createHnswVectorStore>,
  queries: ReturnType<typeof clusteredVectors>,
  isDone: () => boolean,
): Promise<readonly number[]> {
  const latencies: number[] = [];
  for (let query = 0; !isDone(); query = (query + 1) % QUERIES) {
    const askedAt = performance.now();
    await store.search('c', { vector: queries.at(query), topK: 10 });
    latencies.push(performance.now() - askedAt);
    await sleep(PAUSE_MS);
  }
  return latencies;
}
