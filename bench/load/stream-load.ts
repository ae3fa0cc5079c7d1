/** What the generator of open streams is told, and what it finds. */
import type { Percentiles } from '../frame/measurement.js';

export interface StreamLoadOptions {
  /** JSON-RPC endpoint. */
  readonly url: string;
  readonly taskIds: readonly string[];
  readonly streams: number;
  /** Of them, how many read nothing after the first event. */
  readonly slowStreams: number;
  /** Where the agents read how many events a second each commits. */
  readonly paceFile: string;
  /** One after the other, once all streams are open. */
  readonly phases: readonly StreamPhase[];
  /** Before the first repeat of each phase. */
  readonly warmUpSeconds: number;
  readonly repeats: number;
  readonly seconds: number;
  readonly pids: readonly number[];
}

export interface StreamPhase {
  /** Events that each agent commits in a second. */
  readonly ticks: number;
}

export interface StreamLoadFigures {
  readonly opened: number;
  /** What opening all of them took. */
  readonly openingSeconds: number;
  /** Streams that ended before they were closed, slow ones left out. */
  readonly lost: number;
  readonly phases: readonly StreamPhaseFigures[];
}

export interface StreamPhaseFigures extends StreamPhase {
  readonly eventsPerSecond: number;
  /** From the agent's word, of a sample of the events: it includes the commit. */
  readonly latency: Percentiles;
  readonly cpuUsPerEvent: number;
  readonly residentMiB: number;
  /** Of one core, the generator's own. */
  readonly generatorBusy: number;
}
