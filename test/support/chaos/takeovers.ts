/** From the kill of a process to the next commit of each run that it held, by another epoch: read from the log's own times. */
import type { Beginning } from './cluster.js';
import type { StoredRun } from './read-runs-sql.js';

export interface Kill {
  readonly place: string;
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Runs whose newest step began in that process. */
  readonly runs: readonly string[];
}

export function recordKill(place: string, pid: number, at: number, beginnings: ReadonlyMap<string, Beginning>): Kill {
  const runs = [...beginnings].filter(([, beginning]) => beginning.pid === pid).map(([run]) => run);
  return { place, pid, at, runs };
}

/** Sorted milliseconds, one per run that was held and went on. */
export function takeoverTimes(kills: readonly Kill[], storedOf: (run: string) => StoredRun | undefined): readonly number[] {
  const times: number[] = [];
  for (const { at, runs } of kills) {
    for (const run of runs) {
      const events = storedOf(run)?.events ?? [];
      const before = events.filter((event) => event.at <= at).at(-1);
      const next = events.find((event) => event.at > at);
      if (before === undefined || next === undefined || next.epoch <= before.epoch) continue;
      times.push(next.at - at);
    }
  }
  return times.sort((a, b) => a - b);
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export function describeTimes(sorted: readonly number[]): string {
  const at = (share: number) => `${Math.round(percentile(sorted, share))} ms`;
  return `p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, max ${at(1)} (n ${sorted.length})`;
}
