/** What the generator of open streams is told, and what it finds. */
export interface StreamLoadOptions {
  /** JSON-RPC endpoint. */
  readonly url: string;
  readonly taskIds: readonly string[];
  readonly streams: number;
  /** Of them, how many read nothing after the first event. */
  readonly slowStreams: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly pids: readonly number[];
}

export interface StreamLoadFigures {
  readonly opened: number;
  /** Streams that ended before they were closed, slow ones left out. */
  readonly lost: number;
  readonly eventsPerSecond: number;
  /** From the agent's word, of a sample of the events: it includes the commit. */
  readonly latency: { readonly p50Ms: number; readonly p95Ms: number; readonly p99Ms: number; readonly maxMs: number };
  readonly cpuUsPerEvent: number;
  readonly residentMiB: number;
}
