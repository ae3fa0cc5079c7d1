/** Graphs of hnswlib. Its file holds the vectors as they came. */
import { open } from 'node:fs/promises';
import hnswlib from 'hnswlib-node';
import type { GraphEngine, GraphShape, RowScore } from './graph-engine.js';

export const hnswlibEngine: GraphEngine = {
  async open(path, { dimension, settings }) {
    const graph = new hnswlib.HierarchicalNSW('ip', dimension);
    // On the library's own thread: this one goes on searching.
    await graph.readIndex(path);
    return {
      isApproximate: false,
      nearest(query, limit) {
        const count = Math.min(limit, graph.getMaxElements());
        graph.setEf(Math.max(settings.efSearch, count * EF_PER_HIT));
        const { neighbors, distances } = graph.searchKnn(Array.from(query), count);
        return neighbors.map((row, index): RowScore => ({ row, score: 1 - (distances[index] as number) }));
      },
      hide: (row) => graph.markDelete(row),
      close: () => release(graph),
    };
  },

  async write({ dimension, settings }, base, capacity) {
    const graph = new hnswlib.HierarchicalNSW('ip', dimension);
    if (base === undefined) graph.initIndex(capacity, settings.m, settings.efConstruction);
    else {
      await graph.readIndex(base.path);
      graph.resizeIndex(Math.max(capacity, graph.getMaxElements()));
    }
    let next = base?.count ?? 0;
    return {
      add: (vector) => graph.addPoint(Array.from(vector), next++),
      async save(path) {
        await graph.writeIndex(path);
      },
      close: () => release(graph),
    };
  },

  async findRows(path, { dimension }: GraphShape) {
    const header = Buffer.alloc(HEADER_BYTES);
    const file = await open(path, 'r');
    try {
      await file.read(header, 0, HEADER_BYTES, 0);
    } finally {
      await file.close();
    }
    const stride = Number(header.readBigUInt64LE(STRIDE_AT));
    const offset = Number(header.readBigUInt64LE(VECTOR_AT));
    if (!(offset >= 0 && offset + dimension * 4 <= stride && stride % 4 === 0))
      throw new Error('this version of hnswlib-node writes files of another layout');
    return { offset: HEADER_BYTES + offset, stride };
  },
};

/** Gives the memory back now: the garbage collector does not see how much hangs on the object. */
function release(graph: hnswlib.HierarchicalNSW): void {
  graph.initIndex(1, 2, 1);
}

const EF_PER_HIT = 8;
/** Of hnswlib's files: eight-byte sizes, the third and fifth of which describe the rows that follow the header. */
const HEADER_BYTES = 96;
const STRIDE_AT = 24;
const VECTOR_AT = 40;
