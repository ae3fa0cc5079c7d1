import type { Closers } from '../base/closers.js';
import { type Metrics, watchQueue } from '../observe/meter.js';
import type { ReadinessCheck } from '../runtime/readiness.js';
import { findStall, type QueueHealthOptions, readQueue } from './queue-health.js';
import { RECOVERY_SWEEP } from './recovery-sweep.js';
import { UnclaimedWatch, type UnclaimedWatchOptions } from './unclaimed-watch.js';

export interface WatchRunsOptions extends QueueHealthOptions, Omit<UnclaimedWatchOptions, 'keeperLease'> {
  readonly sessions: { countActive(): Promise<ReadonlyMap<string, number>> };
  readonly metrics: Metrics;
  readonly closers: Pick<Closers, 'add'>;
}

/** What Redis and SQL know of waiting runs, and SQL of sessions: among the metrics, and what readiness asks. */
export function watchRuns(options: WatchRunsOptions): readonly ReadinessCheck[] {
  const { sessions, metrics, closers } = options;
  const unclaimed = new UnclaimedWatch({ ...options, keeperLease: RECOVERY_SWEEP.lease });
  closers.add(async () => unclaimed.close());
  watchQueue(metrics, () => readQueue(options));
  metrics.watch(['runs_oldest_unclaimed_seconds'], async () =>
    metrics.set('runs_oldest_unclaimed_seconds', {}, (await unclaimed.ageMs()) / 1_000),
  );
  metrics.watch(['session_active'], async () => {
    for (const [agent, active] of await sessions.countActive()) metrics.set('session_active', { agent }, active);
  });
  return [
    { name: 'the queue of steps', findReason: () => findStall(options) },
    { name: 'the run log', findReason: () => unclaimed.findStall() },
  ];
}
