/** Ingestion of a configuration's document stores, as a command waits for it and as a server does beside its work. */
import { AppError } from '../base/errors.js';
import type { Knowledge } from '../knowledge/document-stores.js';
import type { Logger } from '../observe/log.js';
import type { IngestProgress } from './hector.js';

/** All results in one. @throws the error of a store that could not be ingested at all; of several, one that says what each of them says */
export async function ingestStores(
  knowledge: Knowledge,
  names: readonly string[] | undefined,
  onProgress: (progress: IngestProgress) => void,
  signal: AbortSignal,
): Promise<IngestProgress> {
  const results = await knowledge.ingest(names, onProgress, signal);
  const failures = results.flatMap(({ error }) => error ?? []);
  const [failure] = failures;
  if (failure !== undefined)
    throw failures.length === 1 ? failure : new AppError(failure.code, { message: failures.map(({ message }) => message).join('\n') });
  const sum = (key: 'total' | 'done' | 'failed' | 'skipped' | 'chunks') => results.reduce((total, result) => total + result[key], 0);
  return {
    store: '',
    total: sum('total'),
    done: sum('done'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    chunks: sum('chunks'),
    finished: true,
  };
}

/** RAG-30: starts at boot; the server is usable at once. The result stops it and waits for its end. */
export function ingestInBackground(knowledge: Knowledge, log: Logger): () => Promise<void> {
  const stopping = new AbortController();
  const done = knowledge.ingest(undefined, undefined, stopping.signal).then(
    (results) => {
      for (const { store, error } of results)
        if (error !== undefined) log.error({ store, err: error }, `document store '${store}' could not be ingested`);
    },
    (error: unknown) => {
      if (!stopping.signal.aborted) log.error({ err: error }, 'ingestion failed');
    },
  );
  return async () => {
    stopping.abort();
    await done;
  };
}
