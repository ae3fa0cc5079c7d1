/** How much of a collection is searched without a graph, and how large a graph gets. */
export interface IndexLimits {
  /** Rows at which a growing segment is sealed. */
  readonly sealRows: number;
  /** Rows without a graph from which whoever puts more in waits for the builder. */
  readonly maxUnindexed: number;
  /** A build writes a whole graph, so this bounds what a build costs beside the insertions. */
  readonly maxGraphRows: number;
}

export function limitsFor(dimension: number): IndexLimits {
  const sealRows = Math.min(MAX_SEAL_ROWS, Math.max(MIN_SEAL_ROWS, Math.floor(SEAL_BYTES / Math.max(1, dimension * 4))));
  return {
    sealRows,
    maxUnindexed: sealRows * 4,
    maxGraphRows: Math.min(MAX_GRAPH_ROWS, Math.max(sealRows, Math.floor(GRAPH_BYTES / Math.max(1, dimension * 4)))),
  };
}

/** Looked at in about a millisecond. */
const SEAL_BYTES = 6 << 20;
const MIN_SEAL_ROWS = 512;
const MAX_SEAL_ROWS = 8_192;
const GRAPH_BYTES = 256 << 20;
const MAX_GRAPH_ROWS = 200_000;
