/** Decides what is built next: flat segments become part of a graph, sparse graphs are made anew, small graphs become one. */
import type { FlatSegment } from './flat-segment.js';
import { GraphSegment } from './graph-segment.js';
import type { Segment } from './segment.js';

export interface BuildPlan {
  /** Goes on growing; its rows keep their numbers. */
  readonly base: GraphSegment | undefined;
  readonly sources: readonly Segment[];
}

export function planBuild(segments: readonly Segment[], growing: FlatSegment | undefined, maxGraphRows: number): BuildPlan | undefined {
  const flats = segments.filter((segment) => segment.kind === 'flat' && segment !== growing);
  const graphs = segments.filter((segment) => segment instanceof GraphSegment).sort((a, b) => b.livingRows - a.livingRows);
  const sparse = graphs.find(isSparse);
  const sources = sparse === undefined ? flats : [sparse, ...flats];
  const added = sources.reduce((sum, segment) => sum + segment.table.living, 0);
  const base = graphs.find((graph) => !isSparse(graph) && graph.rowCount + added <= maxGraphRows);
  if (sources.length > 0) return { base, sources };
  const [small, next] = graphs.toReversed();
  if (small !== undefined && next !== undefined && next.rowCount + small.livingRows <= maxGraphRows)
    return { base: next, sources: [small] };
  return undefined;
}

function isSparse(graph: GraphSegment): boolean {
  const dead = graph.rowCount - graph.livingRows;
  return dead === graph.rowCount || (dead >= MIN_DEAD && dead >= graph.rowCount * MAX_DEAD_SHARE);
}

/** Dead rows that are not worth a rebuild, and the share of all from which they are. */
const MIN_DEAD = 100;
const MAX_DEAD_SHARE = 0.3;
