/** Ingestion of a configuration's document stores, as a command waits for it. */
import { AppError } from '../base/errors.js';
import type { Ingester, IngestRequest } from '../knowledge/runs/ingester.js';
import type { IngestProgress } from './hector.js';

/** All results in one. @throws the error of a store that could not be ingested at all; of several, one that says what each of them says */
export async function ingestStores(
  ingester: Pick<Ingester, 'ingest'>,
  request: IngestRequest,
  onProgress: (progress: IngestProgress) => void,
  signal: AbortSignal,
): Promise<IngestProgress> {
  const results = await ingester.ingest(request, onProgress, signal);
  const failures = results.flatMap(({ error }) => error ?? []);
  const [failure] = failures;
  if (failure !== undefined)
    throw failures.length === 1 ? failure : new AppError(failure.code, { message: failures.map(({ message }) => message).join('\n') });
  const sum = (key: 'total' | 'done' | 'failed' | 'skipped' | 'removed' | 'chunks') =>
    results.reduce((total, result) => total + result[key], 0);
  const warnings = results.flatMap(({ warning }) => warning ?? []);
  return {
    ...(warnings.length === 0 ? {} : { warnings }),
    store: '',
    total: sum('total'),
    done: sum('done'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    removed: sum('removed'),
    chunks: sum('chunks'),
    isListed: true,
    finished: true,
  };
}
