/** What a library for graphs must do here: `hnswlib-graph.ts`, `usearch-graph.ts`. Rows are numbered from 0, in the order of adding. */
import type { SegmentSettings } from '../../../../config/settings.js';

export interface GraphShape {
  readonly dimension: number;
  readonly settings: SegmentSettings;
}

/** A finished graph, in the thread that searches. */
export interface SearchGraph {
  /** Rows whose score is not exact and must be worked out anew. */
  readonly isApproximate: boolean;
  /** About the nearest `limit`, best first; fewer when the links lead to no more. */
  nearest(query: Float32Array, limit: number): readonly RowScore[];
  /** The row is not found any more, if the library can do that. */
  hide(row: number): void;
  close(): void;
}

export interface RowScore {
  readonly row: number;
  readonly score: number;
}

/** A graph in the making, in the builder's thread. */
export interface GraphWriter {
  add(vector: Float32Array): void;
  save(path: string): Promise<void>;
  close(): void;
}

export interface GraphEngine {
  open(path: string, shape: GraphShape): Promise<SearchGraph>;
  /** `base` is the graph to go on with; `capacity` counts its rows too. */
  write(shape: GraphShape, base: { readonly path: string; readonly count: number } | undefined, capacity: number): Promise<GraphWriter>;
  /** Where a file of `count` rows has them as float32; `undefined` = it has not, they need a file of their own. */
  findRows(path: string, shape: GraphShape): Promise<{ readonly offset: number; readonly stride: number } | undefined>;
}
