import type { IngestRun } from './ingest-run.js';

export interface RunMeasures {
  /** Documents dealt with. */
  readonly worked: number;
  readonly perSecond: number;
  /** `undefined` while it is not known: before the source is listed, before anything is done, and after the end. */
  readonly leftMs: number | undefined;
}

export function measureRun(run: IngestRun, now: number): RunMeasures {
  const worked = run.done + run.skipped + run.failed;
  const elapsedMs = run.startedAt === 0 ? 0 : Math.max(0, (run.finishedAt || now) - run.startedAt);
  const perSecond = elapsedMs === 0 ? 0 : worked / (elapsedMs / 1_000);
  const isKnown = run.state === 'removing' || run.state === 'indexing';
  return { worked, perSecond, leftMs: isKnown && perSecond > 0 ? Math.max(0, (run.total - worked) / perSecond) * 1_000 : undefined };
}
