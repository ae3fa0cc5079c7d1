/**
 * How many runs of one caller are at work (`rate_limiting.max_active_runs`).
 *
 * Who has a place is noted when its run begins and never told that it ended: only when all places are taken is the run log asked which of them
 * are still at work. So nothing depends on a worker that dies, and losing the notes lets a caller have as many again.
 */
import { isRunnable } from '../protocol/task-state.js';
import type { TaskStore } from '../tasks/task-store.js';

/** Where the places are noted, for all processes. */
export interface ActiveRuns {
  /** False: all places are taken. A run that has one already keeps it. */
  reserve(caller: string, taskId: string, limit: number): Promise<boolean>;
  forget(caller: string, taskIds: readonly string[]): Promise<void>;
  /** Oldest first. */
  list(caller: string): Promise<readonly NotedRun[]>;
}

export interface NotedRun {
  readonly taskId: string;
  readonly ageMs: number;
}

export async function reserveRun(
  places: ActiveRuns,
  store: Pick<TaskStore, 'find'>,
  { caller, taskId, limit }: { readonly caller: string; readonly taskId: string; readonly limit: number },
): Promise<boolean> {
  if (await places.reserve(caller, taskId, limit)) return true;
  const noted = await places.list(caller);
  for (let start = 0; start < noted.length; start += CHUNK) {
    const chunk = noted.slice(start, start + CHUNK);
    const found = await Promise.all(chunk.map(({ taskId: id }) => store.find(id, undefined)));
    const over = chunk.filter(({ ageMs }, index) => {
      const run = found[index];
      // A place is taken before its run is committed: one that the log does not know may be on its way.
      return run === undefined ? ageMs > ON_ITS_WAY_MS : !isRunnable(run.state);
    });
    await places.forget(
      caller,
      over.map(({ taskId: id }) => id),
    );
    // The oldest are the likeliest to be over.
    if (over.length > 0) return places.reserve(caller, taskId, limit);
  }
  return false;
}

const CHUNK = 50;
const ON_ITS_WAY_MS = 60_000;
