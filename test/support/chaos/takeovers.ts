/** From the kill of a process to the next commit of each run that it held, by another epoch: read from the log's own times. */
import type { DatabaseSettings } from '../../../src/config/settings.js';
import type { Beginning } from './cluster.js';
import { readTakenTasks, type StoredRun } from './read-runs-sql.js';
import type { RunResult } from './run-client.js';

export interface Kill {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Runs whose newest step began in that process. */
  readonly runs: ReadonlySet<string>;
  /** Tasks that some worker had just then. */
  readonly taken: ReadonlySet<string>;
}

/** To be called right after the process is dead: by the time its leases end, others have its runs. */
export async function recordKill(
  database: DatabaseSettings,
  at: number,
  pid: number,
  beginnings: ReadonlyMap<string, Beginning>,
): Promise<Kill> {
  const runs = new Set([...beginnings].filter(([, beginning]) => beginning.pid === pid).map(([run]) => run));
  return { at, runs, taken: await readTakenTasks(database) };
}

/** Sorted milliseconds, one per run that was held and went on. */
export function takeoverTimes(
  kills: readonly Kill[],
  results: readonly RunResult[],
  stored: ReadonlyMap<string, StoredRun>,
): readonly number[] {
  const times: number[] = [];
  for (const { at, runs, taken } of kills) {
    for (const { plan, taskId } of results) {
      if (!runs.has(plan.run) || !taken.has(taskId)) continue;
      const events = stored.get(taskId)?.events ?? [];
      const epoch = events.filter((event) => event.at <= at).at(-1)?.epoch ?? 0;
      const next = events.find((event) => event.at > at && event.epoch > epoch);
      if (next !== undefined) times.push(next.at - at);
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
