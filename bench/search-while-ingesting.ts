/**
 * `npm run bench -- search-while-ingesting [--quick] [--count 100000] [--engine hnswlib] [--quantization f32]`: how long a search takes, and
 * how long this process's event loop is held up, while vectors are put in as fast as they are taken (method in README.md).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { silentLogger } from '../src/observe/log.js';
import { createHnswVectorStore } from '../src/providers/vector-stores/adapters/hnsw/hnsw-vector-store.js';
import { createThreadPools } from '../src/threads/pools.js';
import { INDEX_SETTINGS } from '../test/support/index-settings.js';
import { clusteredVectors, DIMENSION, trueNearest } from './load/clustered-vectors.js';
import { figuresOf } from './statistics.js';

const BATCH = 256;
const QUERIES = 200;
const PAUSE_MS = 5;
/** How long is searched with nothing going in: what the machine's other work does to the same searches. */
const QUIET_MS = 10_000;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    count: { type: 'string' },
    engine: { type: 'string', default: 'hnswlib' },
    quantization: { type: 'string' },
  },
});
const count = Number(values.count ?? (values.quick ? 10_000 : 100_000));
const engine = values.engine === 'usearch' ? 'usearch' : 'hnswlib';
const quantization = (values.quantization ?? (engine === 'usearch' ? 'f16' : 'f32')) as 'f32' | 'f16' | 'i8';
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
  const during = await searchUntil(() => isOver);
  await ingest;
  loop.disable();
  const seconds = (performance.now() - startedAt) / 1000;
  const quietUntil = performance.now() + QUIET_MS;
  const quiet = await searchUntil(() => performance.now() > quietUntil);
  let found = 0;
  for (let query = 0; query < QUERIES; query++) {
    const { hits } = await store.search('c', { vector: queries.at(query), topK: 10 });
    found += hits.filter(({ id }) => truth[query]?.has(Number(id.slice(1)))).length;
  }
  // The loop's own timer fires once a millisecond: what is over that is lag.
  const lagMs = (share: number) => Math.max(0, loop.percentile(share) / 1e6 - 1).toFixed(1);
  console.log(`search while ingesting: ${count.toLocaleString('en')} vectors of ${DIMENSION} numbers, ${engine} ${quantization}`);
  console.log(`  put in within ${takenSeconds.toFixed(1)} s, in graphs after ${seconds.toFixed(1)} s (${Math.round(count / seconds)}/s)`);
  for (const [name, latencies] of [
    ['during', during],
    ['afterwards', quiet],
  ] as const) {
    const { p50Ms, p99Ms, maxMs } = figuresOf(latencies, 0, 1);
    console.log(
      `  ${latencies.length} searches ${name}: p50 ${p50Ms.toFixed(2)} ms  p99 ${p99Ms.toFixed(2)} ms  max ${maxMs.toFixed(1)} ms`,
    );
  }
  console.log(`  event loop lag: p50 ${lagMs(50)} ms  p99 ${lagMs(99)} ms  max ${lagMs(100)} ms`);
  console.log(`  recall@10 afterwards ${(found / (QUERIES * 10)).toFixed(4)}; ${JSON.stringify(await store.health('c'))}`);
} finally {
  await store.close();
  await pools.close();
  rmSync(directory, { recursive: true, force: true });
}

/** One client that asks, waits a little, and asks again; how long each answer took. */
async function searchUntil(isDone: () => boolean): Promise<readonly number[]> {
  const latencies: number[] = [];
  for (let query = 0; !isDone(); query = (query + 1) % QUERIES) {
    const askedAt = performance.now();
    await store.search('c', { vector: queries.at(query), topK: 10 });
    latencies.push(performance.now() - askedAt);
    await sleep(PAUSE_MS);
  }
  return latencies;
}
