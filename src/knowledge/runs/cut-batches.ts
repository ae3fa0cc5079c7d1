/** Documents in batches: the unit of what is worked on, repeated after a death, and held in memory. */
import type { SourceDocument } from '../sources/document-source.js';

export function* cutBatches(documents: readonly SourceDocument[]): Generator<readonly SourceDocument[]> {
  let batch: SourceDocument[] = [];
  let bytes = 0;
  for (const document of documents) {
    if (batch.length > 0 && (batch.length >= BATCH_DOCUMENTS || bytes + document.bytes > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(document);
    bytes += document.bytes;
  }
  if (batch.length > 0) yield batch;
}

const BATCH_DOCUMENTS = 16;
const BATCH_BYTES = 2 * 1024 * 1024;
