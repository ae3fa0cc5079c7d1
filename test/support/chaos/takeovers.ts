/** From the kill of a process to the next commit of each run that it held, by another epoch: read from the log's own times. */
import type { DatabaseSettings } from '../../../src/config/settings.js';
import type { Beginning } from './cluster.js';
import type { Disturbance } from './disturbances.js';
import { readTakenTasks, type StoredRun } from './read-runs-sql.js';

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

export interface Takeover {
  readonly tookMs: number;
  /** Nothing else befell the cluster between the kill and the commit. */
  readonly isUndisturbed: boolean;
}

export interface HeldRun {
  /** As its processes tell of it. */
  readonly run: string;
  readonly taskId: string;
}

/** One per run that was held and went on. */
export function findTakeovers(
  kills: readonly Kill[],
  results: readonly HeldRun[],
  stored: ReadonlyMap<string, StoredRun>,
  disturbances: readonly Disturbance[],
): readonly Takeover[] {
  const takeovers: Takeover[] = [];
  for (const { at, runs, taken } of kills) {
    for (const { run, taskId } of results) {
      if (!runs.has(run) || !taken.has(taskId)) continue;
      const events = stored.get(taskId)?.events ?? [];
      const epoch = events.filter((event) => event.at <= at).at(-1)?.epoch ?? 0;
      const next = events.find((event) => event.at > at && event.epoch > epoch);
      if (next === undefined) continue;
      const isUndisturbed = disturbances.every((other) => other.at === at || other.at > next.at || endOf(other) < at);
      takeovers.push({ tookMs: next.at - at, isUndisturbed });
    }
  }
  return takeovers;
}

/** A dead process stands in nobody's way any more when its leases are over. */
function endOf({ type, at, untilMs }: Disturbance): number {
  return at + (type === 'kill' ? LEASE_MS : untilMs);
}

const LEASE_MS = 1_500;

export function describeTimes(timesMs: readonly number[]): string {
  if (timesMs.length === 0) return 'none';
  const sorted = [...timesMs].sort((a, b) => a - b);
  const at = (share: number) => `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)} ms`;
  return `p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, max ${at(1)} (n ${sorted.length})`;
}
