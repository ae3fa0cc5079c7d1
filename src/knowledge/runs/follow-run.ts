import type { Clock } from '../../base/clock.js';
import type { IngestProgress } from '../ingest-options.js';
import { type IngestRun, type IngestRunStore, isOpen } from './ingest-run.js';

export interface FollowOptions {
  readonly runs: Pick<IngestRunStore, 'find'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly onRun: (run: IngestRun) => void;
}

/** Reads the run again and again until it has ended. @throws the signal's reason */
export async function followRun(begun: IngestRun, { runs, clock, onRun }: FollowOptions, signal: AbortSignal): Promise<IngestRun> {
  let run = begun;
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(POLL_MS, waitMs * 1.5)) {
    signal.throwIfAborted();
    // One that was forgotten meanwhile has ended long ago.
    const now = await runs.find(run.id);
    if (now === undefined) return run;
    run = now;
    onRun(run);
    if (!isOpen(run)) return run;
    await clock.sleep(waitMs, signal);
  }
}

export function toProgress(run: IngestRun): IngestProgress {
  const { store, total, done, skipped, failed, removed, chunks, state } = run;
  const isListed = state === 'removing' || state === 'indexing' || state === 'finished';
  return { store, total, done, skipped, failed, removed, chunks, isListed, finished: state === 'finished' };
}

const FIRST_MS = 10;
const POLL_MS = 200;
