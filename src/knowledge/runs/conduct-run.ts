/** One conductor's turn with a run: scan, remove what is gone, wait for the batches, end it. */
import { type AppError, hasCode, toAppError } from '../../base/errors.js';
import { tryAgain } from '../retry-document.js';
import { BatchFeeder } from './batch-feeder.js';
import type { RunFence } from './ingest-fence.js';
import { BY_COMMAND, type IngestRun } from './ingest-run.js';
import type { IngestStore } from './ingest-store.js';
import { pollUntil } from './poll-until.js';
import { describeRun, tellProgress } from './progress-log.js';
import { removeMissing } from './remove-missing.js';
import type { RunDependencies } from './run-dependencies.js';
import { scanRun } from './scan-run.js';

/**
 * `taken` is this conductor's until the signal aborts.
 * @throws AppError `INGEST_LOST` when it was canceled or somebody else conducts it; what SQL and Redis throw, after which it is taken again
 */
export async function conductRun(
  taken: IngestRun,
  store: IngestStore,
  dependencies: RunDependencies,
  signal: AbortSignal,
): Promise<IngestRun> {
  const { runs, metrics, clock, log } = dependencies;
  const fence: RunFence = { run: taken.id, epoch: taken.epoch };
  const over = new AbortController();
  const feeder = new BatchFeeder(taken, dependencies);
  const feeding = feeder.run(AbortSignal.any([signal, over.signal]));
  const stopTelling = tellProgress(taken.id, dependencies);
  try {
    let run = taken;
    if (run.state === 'scanning') run = await scan(run, store, { ...dependencies, feeder }, signal);
    if (run.state === 'removing') {
      const refusal = await removeMissing(run, store, dependencies, signal);
      run = await runs.endRemoval(fence, refusal && toRunError(refusal), clock.now());
    }
    await pollUntil(async () => (await runs.batches(run.id, 1)).length === 0, clock, signal);
    const ended = await runs.end(fence, clock.now());
    metrics.runEnded(store.name, ended.state === 'failed' ? 'failed' : 'finished', (ended.finishedAt - ended.startedAt) / 1_000);
    if (ended.error === undefined) log.info(describeRun(ended));
    else {
      const line = `ingest of '${store.name}' failed: ${ended.error.message}`;
      // Who waits for it tells it.
      if (ended.by === BY_COMMAND) log.info(line);
      else log.error({ store: store.name, code: ended.error.code }, line);
    }
    return ended;
  } finally {
    stopTelling();
    over.abort();
    await feeding;
  }
}

interface ScanDependencies extends RunDependencies {
  readonly feeder: BatchFeeder;
}

async function scan(run: IngestRun, store: IngestStore, dependencies: ScanDependencies, signal: AbortSignal): Promise<IngestRun> {
  const { runs, feeder, clock, log } = dependencies;
  const fence: RunFence = { run: run.id, epoch: run.epoch };
  log.info(`ingest of '${store.name}' started (${run.mode}, ${run.by})`);
  const scanned = await tryAgain(
    () => scanRun(run, store, feeder, dependencies, signal),
    { retry: store.settings.indexing.retry, clock },
    signal,
  );
  if (scanned.type === 'done') log.info(`ingest of '${store.name}' listed its source`);
  if (scanned.type === 'done') return await runs.endScan(fence, { unlisted: scanned.value, error: undefined }, clock.now());
  const { error } = scanned;
  // Of the run itself, or of the database: not what the source is to blame for.
  if (hasCode(error, 'INGEST_LOST') || hasCode(error, 'DATABASE_BUSY') || hasCode(error, 'DATABASE_UNAVAILABLE')) throw error;
  return await runs.endScan(fence, { unlisted: undefined, error: toRunError(toAppError(error)) }, clock.now());
}

function toRunError({ code, message }: AppError): IngestRun['error'] {
  return { code, message };
}
