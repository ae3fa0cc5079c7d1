/** Lines about how a run goes (RAG-35). */
import type { CancelTimer } from '../../base/clock.js';
import { describeError } from '../../base/errors.js';
import { type IngestRun, isOpen } from './ingest-run.js';
import { measureRun } from './measure-run.js';
import type { RunDependencies } from './run-dependencies.js';

/** A line every `LINE_MS`; the result ends it. */
export function tellProgress(run: string, { runs, clock, log }: Pick<RunDependencies, 'runs' | 'clock' | 'log'>): CancelTimer {
  const tell = async () => {
    const now = await runs.find(run);
    if (now !== undefined && isOpen(now)) log.info(describeProgress(now, clock.now()));
  };
  return clock.every(LINE_MS, () => {
    tell().catch((error: unknown) => log.debug({ reason: describeError(error) }, 'the progress of an ingest run is not known'));
  });
}

export function describeRun({ store, done, skipped, removed, failed }: IngestRun): string {
  return `ingest of '${store}' complete: ${done} indexed, ${skipped} unchanged, ${removed} removed, ${failed} failed`;
}

function describeProgress(run: IngestRun, now: number): string {
  const { worked, perSecond, leftMs } = measureRun(run, now);
  const share = run.total === 0 ? 100 : Math.floor((worked / run.total) * 100);
  const left = leftMs === undefined ? '' : `, ${Math.round(leftMs / 1_000)} s left`;
  return `ingest of '${run.store}': ${worked}/${run.total} documents (${share} %), ${perSecond.toFixed(1)}/s${left}, ${run.failed} failed`;
}

const LINE_MS = 10_000;
