/** Graphs of usearch, an optional package. Its file may hold quantised vectors, so the exact ones stand in a file of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../../../base/errors.js';
import type { GraphEngine, GraphShape } from './graph-engine.js';

export const usearchEngine: GraphEngine = {
  async open(path, shape) {
    const graph = newGraph(shape);
    // Mapped, not read: costs milliseconds, and processes that open the same file share its memory.
    graph.view(path);
    const { efSearch, quantization } = shape.settings;
    const isApproximate = quantization !== 'f32';
    return {
      isApproximate,
      nearest(query, limit) {
        // Looking wider is asking for more: the library looks at as many candidates as it is asked for, at least `efSearch`.
        const wanted = isApproximate || limit * WIDTH * 2 > efSearch ? limit * WIDTH : limit;
        const { keys, distances } = graph.search(query, wanted, 1);
        return Array.from(keys, (key, index) => ({ row: Number(key), score: 1 - (distances[index] as number) }));
      },
      // A mapped graph cannot be changed.
      hide: () => {},
      close: () => unmap(graph, shape),
    };
  },

  async write(shape, base) {
    const graph = newGraph(shape);
    if (base !== undefined) graph.load(base.path);
    let next = BigInt(base?.count ?? 0);
    return {
      add: (vector) => graph.add(BigUint64Array.of(next++), vector, 1),
      save: async (path) => graph.save(path),
      close: () => {},
    };
  },

  findRows: async () => undefined,
};

/** @throws AppError `INDEX_ENGINE_MISSING` */
export function requireUsearch(): UsearchModule {
  try {
    return createRequire(import.meta.url)('usearch') as UsearchModule;
  } catch (cause) {
    throw new AppError('INDEX_ENGINE_MISSING', {
      message:
        "vector_stores.<name>.index.engine is 'usearch', and the package usearch cannot be loaded: run 'npm install usearch', or set engine: hnswlib",
      cause,
    });
  }
}

function newGraph({ dimension, settings }: GraphShape): UsearchIndex {
  const { Index } = requireUsearch();
  return new Index({
    dimensions: dimension,
    metric: 'ip',
    quantization: settings.quantization,
    connectivity: settings.m,
    expansion_add: settings.efConstruction,
    expansion_search: settings.efSearch,
    multi: false,
  });
}

/** Lets go of the file now, by looking at a tiny one: a removed file keeps its space on disk as long as it is mapped. */
function unmap(graph: UsearchIndex, shape: GraphShape): void {
  const folder = mkdtempSync(join(tmpdir(), 'hector-index-'));
  try {
    const path = join(folder, 'one.graph');
    const tiny = newGraph(shape);
    tiny.add(BigUint64Array.of(0n), new Float32Array(shape.dimension).fill(1), 1);
    tiny.save(path);
    graph.view(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is used of the package, which need not be there when this is compiled. */
interface UsearchModule {
  readonly Index: new (options: Readonly<Record<string, unknown>>) => UsearchIndex;
}

interface UsearchIndex {
  add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
  search(query: Float32Array, count: number, threads: number): { readonly keys: BigUint64Array; readonly distances: Float32Array };
  save(path: string): void;
  load(path: string): void;
  view(path: string): void;
}

/** Candidates per hit that is wanted. */
const WIDTH = 4;
