/**
 * `npm run bench -- vectors [--quick] [--count 100000]`: how fast vectors are put in and found, and how many of the true nearest ten are
 * found, by the embedded store with each engine, by looking at everything, and by hnswlib-node alone (method in README.md).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import hnswlib from 'hnswlib-node';
import { silentLogger } from '../src/observe/log.js';
import { FlatRows } from '../src/providers/vector-stores/adapters/hnsw/flat-rows.js';
import { createHnswVectorStore } from '../src/providers/vector-stores/adapters/hnsw/hnsw-vector-store.js';
import { TopHits } from '../src/providers/vector-stores/adapters/hnsw/top-hits.js';
import { createThreadPools } from '../src/threads/pools.js';
import { INDEX_SETTINGS } from '../test/support/index-settings.js';
import { type ClusteredVectors, clusteredVectors, DIMENSION, trueNearest } from './load/clustered-vectors.js';

const BATCH = 256;
const QUERIES = 200;
const ROUNDS = 5;

interface Measured {
  readonly name: string;
  readonly buildSeconds: number;
  readonly openSeconds?: number;
  readonly search: (query: Float32Array) => Promise<readonly string[]> | readonly string[];
  readonly close: () => Promise<void>;
}

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, count: { type: 'string' } } });
const count = Number(values.count ?? (values.quick ? 10_000 : 100_000));
const vectors = clusteredVectors(count, { seed: 1, world: 7 });
const queries = clusteredVectors(QUERIES, { seed: 2, world: 7 });
const truth = trueNearest(vectors, queries);
console.log(`vectors: ${count.toLocaleString('en')} of ${DIMENSION} numbers, clustered; ${QUERIES} queries, ${ROUNDS} rounds, one client`);

const rows: readonly (() => Promise<Measured>)[] = [
  () => embedded('hector, hnswlib f32', { engine: 'hnswlib', quantization: 'f32' }),
  () => embedded('hector, usearch f32', { engine: 'usearch', quantization: 'f32' }),
  () => embedded('hector, usearch f16', { engine: 'usearch', quantization: 'f16' }),
  () => embedded('hector, usearch i8', { engine: 'usearch', quantization: 'i8' }),
  () => exactScan('exact scan'),
  () => rawGraph('raw hnswlib-node'),
];
for (const open of rows) {
  const { name, buildSeconds, openSeconds, search, close } = await open();
  const { perSecond, recall } = await measureSearch(search);
  const opened = openSeconds === undefined ? '' : `  opened again in ${openSeconds.toFixed(2)} s`;
  console.log(
    `  ${name.padEnd(20)} ${String(Math.round(count / buildSeconds)).padStart(9)} vectors/s  ${String(Math.round(perSecond)).padStart(6)} queries/s  recall@10 ${recall.toFixed(4)}${opened}`,
  );
  await close();
}

async function embedded(name: string, index: Partial<typeof INDEX_SETTINGS>): Promise<Measured> {
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

async function exactScan(name: string): Promise<Measured> {
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

async function rawGraph(name: string): Promise<Measured> {
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

async function measureSearch(search: Measured['search']): Promise<{ readonly perSecond: number; readonly recall: number }> {
  let found = 0;
  for (let query = 0; query < QUERIES; query++) {
    const ids = await search(queries.at(query));
    found += ids.filter((id) => truth[query]?.has(Number(id.slice(1)))).length;
  }
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    for (let query = 0; query < QUERIES; query++) await search(queries.at(query));
    seconds.push((performance.now() - startedAt) / 1000);
  }
  return { perSecond: QUERIES / (seconds.sort((a, b) => a - b)[ROUNDS >> 1] as number), recall: found / (QUERIES * 10) };
}

function entriesOf({ at }: ClusteredVectors, from: number, to: number) {
  return Array.from({ length: to - from }, (_, index) => ({ id: `v${from + index}`, vector: at(from + index), metadata: {} }));
}
