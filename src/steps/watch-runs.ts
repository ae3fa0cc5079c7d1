import type { Metrics } from '../observe/meter.js';
import type { UnclaimedWatch } from './unclaimed-watch.js';

export interface RunReadings {
  readonly unclaimed: Pick<UnclaimedWatch, 'ageMs'>;
  readonly sessions: { countActive(): Promise<ReadonlyMap<string, number>> };
}

/** What SQL knows of runs and sessions, among the metrics. */
export function watchRuns(metrics: Metrics, { unclaimed, sessions }: RunReadings): void {
  metrics.watch(['runs_oldest_unclaimed_seconds'], async () =>
    metrics.set('runs_oldest_unclaimed_seconds', {}, (await unclaimed.ageMs()) / 1_000),
  );
  metrics.watch(['session_active'], async () => {
    for (const [agent, active] of await sessions.countActive()) metrics.set('session_active', { agent }, active);
  });
}
