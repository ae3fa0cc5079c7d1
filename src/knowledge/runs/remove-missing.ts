/**
 * What a whole scan has not seen is gone. Nothing below a folder that could not be listed is taken as gone, and a source that shows
 * nothing at all empties no store unless somebody says so.
 */
import { AppError } from '../../base/errors.js';
import type { DocumentRecord, RemoveDocument } from '../chunk-store.js';
import type { IngestRun } from './ingest-run.js';
import type { IngestStore } from './ingest-store.js';
import type { RunDependencies } from './run-dependencies.js';

/** Why nothing was removed; `undefined` = all that is gone was. @throws AppError `INGEST_LOST` */
export async function removeMissing(
  run: IngestRun,
  { name, settings, onCommit }: IngestStore,
  { runs, chunkStore, metrics, clock }: RunDependencies,
  signal: AbortSignal,
): Promise<AppError | undefined> {
  const { unlisted } = run;
  if (unlisted === undefined) return undefined;
  const below = unlisted.map((folder) => `${folder}/`);
  const isUnknown = ({ id }: DocumentRecord) => below.some((folder) => id.startsWith(folder));
  const mayEmpty = run.total > 0 || run.mode === 'all' || settings.indexing.allowEmpty;
  let afterKey = '';
  for (;;) {
    signal.throwIfAborted();
    const page = await runs.unseen(name, run.id, afterKey, PAGE_DOCUMENTS);
    const gone = page.filter((record) => !isUnknown(record));
    if (gone.length > 0 && !mayEmpty) return emptied(name);
    const changes = gone.map(({ id, generation }): RemoveDocument => ({ type: 'remove', store: name, id, generation }));
    if (changes.length > 0) {
      const fence = { type: 'run', run: run.id, epoch: run.epoch } as const;
      const outcomes = await chunkStore.commit(settings.collection, changes, clock.now(), fence);
      metrics.documentsRemoved(name, outcomes.filter((outcome) => outcome === 'committed').length);
      onCommit();
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_DOCUMENTS) return undefined;
    afterKey = last.key;
  }
}

function emptied(store: string): AppError {
  return new AppError('DOCUMENT_SOURCE_EMPTY', {
    message: `The source of '${store}' shows no documents any more, so nothing was removed. If that is right, run 'hector ingest ${store} --force' or set document_stores.${store}.indexing.allow_empty: true; else correct the source`,
  });
}

const PAGE_DOCUMENTS = 500;
