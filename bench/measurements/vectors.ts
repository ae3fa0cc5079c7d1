/** How fast vectors are put in and found, and how many of the true nearest ten are found, by engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import hnswlib from 'hnswlib-node';
import { silentLogger } from '../../src/observe/log.js';
import { FlatRows } from '../../src/providers/vector-stores/adapters/hnsw/flat-rows.js';
import { createHnswVectorStore } from '../../src/providers/vector-stores/adapters/hnsw/hnsw-vector-store.js';
import { TopHits } from '../../src/providers/vector-stores/adapters/hnsw/top-hits.js';
import { createThreadPools } from '../../src/threads/pools.js';
import { INDEX_SETTINGS } from '../../test/support/index-settings.js';
import { type Line, type Measurement, type Run, readCount } from '../frame/measurement.js';
import { type ClusteredVectors, clusteredVectors, DIMENSION, trueNearest } from '../load/clustered-vectors.js';

const BATCH = 256;
const QUERIES = 200;

interface Measured {
  readonly name: string;
  readonly buildSeconds: number;
  readonly openSeconds?: number;
  readonly search: (query: Float32Array) => Promise<readonly string[]> | readonly string[];
  readonly close: () => Promise<void>;
}

interface World {
  readonly vectors: ClusteredVectors;
  readonly queries: ClusteredVectors;
  readonly truth: readonly ReadonlySet<number>[];
  readonly count: number;
}

const METHOD =
  '100,000 vectors of 384 numbers (--count), in 200 clusters of very different sizes and widths; 200 others of the same world as queries, one client. The embedded store is measured whole: threads, segments, files; "exact scan" is what a flat segment does, over everything; raw hnswlib-node is one graph with the same parameters in this thread.';
const PEER = 'raw hnswlib-node';

export const vectors: Measurement = {
  name: 'vectors',
  budgetSeconds: { full: 0, quick: 0 },
  rows: [
    {
      name: 'vectors-in',
      question: 'How many vectors are put into a graph per second?',
      method: `${METHOD} Ends when everything is in a graph; once.`,
      unit: '/s',
      better: 'higher',
    },
    {
      name: 'vectors-found',
      question: 'How many queries for the nearest ten are answered per second?',
      method: `${METHOD} Recall@10 is over what a scan of everything finds.`,
      unit: '/s',
      better: 'higher',
    },
  ],
  async measure(run) {
    const world = makeWorld(readCount(run, 'count', run.isQuick ? 5_000 : 100_000));
    const targets: readonly (() => Promise<Measured>)[] = [
      () => rawGraph(world, PEER),
      () => embedded(world, 'hector, hnswlib f32', { engine: 'hnswlib', quantization: 'f32' }),
      () => embedded(world, 'hector, usearch f32', { ...USEARCH, quantization: 'f32' }),
      () => embedded(world, 'hector, usearch f16', { ...USEARCH, quantization: 'f16' }),
      () => embedded(world, 'hector, usearch i8', { ...USEARCH, quantization: 'i8' }),
      () => exactScan(world, 'exact scan'),
    ];
    const lines: Line[] = [];
    for (const open of targets) lines.push(...(await measureTarget(world, open, run)));
    return lines;
  },
};

/** Its defaults (`config/keys/vector-index.ts`). */
const USEARCH = { engine: 'usearch', efSearch: 192 } as const;

function makeWorld(count: number): World {
  const all = clusteredVectors(count, { seed: 1, world: 7 });
  const queries = clusteredVectors(QUERIES, { seed: 2, world: 7 });
  return { vectors: all, queries, truth: trueNearest(all, queries), count };
}

async function measureTarget(world: World, open: () => Promise<Measured>, run: Run): Promise<readonly Line[]> {
  const { name, buildSeconds, openSeconds, search, close } = await open();
  const comparedWith = name === PEER ? undefined : PEER;
  try {
    const { rates, recall } = await measureSearch(world, search, run.repeats + 2);
    const opened: Record<string, number> = openSeconds === undefined ? {} : { 'opened again in s': openSeconds };
    return [
      { row: 'vectors-in', target: name, repeats: [world.count / buildSeconds], comparedWith, also: opened },
      { row: 'vectors-found', target: name, repeats: rates, comparedWith, also: { 'recall@10': recall.toFixed(4) } },
    ];
  } finally {
    await close();
  }
}

async function embedded({ vectors, count }: World, name: string, index: Partial<typeof INDEX_SETTINGS>): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'hector-bench-'));
  const open = () => {
    const pools = createThreadPools({ log: silentLogger });
    return { pools, store: createHnswVectorStore({ directory, settings: { ...INDEX_SETTINGS, ...index }, pools, log: silentLogger }) };
  };
  const first = open();
  await first.store.position('c');
  let startedAt = performance.now();
  for (let at = 0; at < count; at += BATCH) await first.store.upsert('c', entriesOf(vectors, at, Math.min(count, at + BATCH)));
  await first.store.settled('c');
  const buildSeconds = (performance.now() - startedAt) / 1000;
  await first.store.markPosition('c', { source: 'bench', version: 1 });
  await first.store.flush('c');
  await first.pools.close();
  const { pools, store } = open();
  startedAt = performance.now();
  await store.position('c');
  const openSeconds = (performance.now() - startedAt) / 1000;
  return {
    name,
    buildSeconds,
    openSeconds,
    search: async (vector) => (await store.search('c', { vector, topK: 10 })).hits.map(({ id }) => id),
    async close() {
      await pools.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function exactScan({ vectors, count }: World, name: string): Promise<Measured> {
  const startedAt = performance.now();
  const flat = new FlatRows(DIMENSION, count);
  for (let index = 0; index < count; index++) flat.append(vectors.at(index));
  return {
    name,
    buildSeconds: (performance.now() - startedAt) / 1000,
    search(query) {
      const hits = new TopHits(10);
      const scores = flat.scores(query);
      for (let row = 0; row < count; row++) if ((scores[row] as number) >= hits.floor) hits.offer(`v${row}`, scores[row] as number);
      return hits.sorted().map(({ id }) => id);
    },
    close: async () => {},
  };
}

async function rawGraph({ vectors, count }: World, name: string): Promise<Measured> {
  const startedAt = performance.now();
  const graph = new hnswlib.HierarchicalNSW('ip', DIMENSION);
  graph.initIndex(count, INDEX_SETTINGS.m, INDEX_SETTINGS.efConstruction);
  for (let index = 0; index < count; index++) graph.addPoint(Array.from(vectors.at(index)), index);
  graph.setEf(INDEX_SETTINGS.efSearch);
  return {
    name,
    buildSeconds: (performance.now() - startedAt) / 1000,
    search: (query) => graph.searchKnn(Array.from(query), 10).neighbors.map((label) => `v${label}`),
    close: async () => {},
  };
}

/** Queries per second of each round, behind one to warm up, which is checked. */
async function measureSearch({ queries, truth }: World, search: Measured['search'], rounds: number) {
  let found = 0;
  for (let query = 0; query < QUERIES; query++) {
    const ids = await search(queries.at(query));
    found += ids.filter((id) => truth[query]?.has(Number(id.slice(1)))).length;
  }
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    for (let query = 0; query < QUERIES; query++) await search(queries.at(query));
    rates.push(QUERIES / ((performance.now() - startedAt) / 1000));
  }
  return { rates, recall: found / (QUERIES * 10) };
}

function entriesOf({ at }: ClusteredVectors, from: number, to: number) {
  return Array.from({ length: to - from }, (_, index) => ({ id: `v${from + index}`, vector: at(from + index), metadata: {} }));
}
