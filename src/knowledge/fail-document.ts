import { describeError } from '../base/errors.js';
import type { FailDocument, FailureStage } from './chunk-store.js';
import { failedStateOf } from './document-versions.js';
import type { IngestOptions } from './ingest-options.js';
import { mayPass } from './retry-document.js';
import type { DocumentReference } from './runs/ingest-fence.js';

export interface DocumentFailure {
  readonly generation: number;
  readonly stage: FailureStage;
  readonly error: unknown;
  readonly tries: number;
}

/** One document on the list of failures: with what, where, after how many tries; and whether a further one makes sense. */
export function failDocument(
  { store, pipeline, log, metrics }: Pick<IngestOptions, 'store' | 'log' | 'metrics'> & { readonly pipeline: string },
  document: DocumentReference,
  { generation, stage, error, tries }: DocumentFailure,
): FailDocument {
  const described = describeError(error);
  log.warn({ store, document: document.id, stage }, described);
  metrics.documentFailed(store, stage);
  // What a source, an embedder or a database refuses may be their fault, whatever they say; what cannot be extracted is the document's.
  const failedState = stage !== 'prepare' || mayPass(error) ? '' : failedStateOf(document, pipeline);
  return { type: 'fail', store, id: document.id, generation, sourcePath: document.id, stage, error: described, tries, failedState };
}
