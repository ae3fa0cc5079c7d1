/** A collection that somebody else fills (RAG-06): searched as it is, with nothing to read and nothing to ingest. */
import { AppError } from '../../base/errors.js';
import type { CollectionSourceSettings } from '../../config/settings.js';
import type { DocumentSource } from './document-source.js';

export function createCollectionSource({ collection }: CollectionSourceSettings): DocumentSource {
  return {
    // biome-ignore lint/correctness/useYield: it has no documents.
    async *scan(signal) {
      signal.throwIfAborted();
    },
    async read(document) {
      throw new AppError('DOCUMENT_SOURCE_UNREADABLE', {
        message: `'${document.id}' cannot be read: the collection '${collection}' is searched as it is, and has no documents to ingest`,
      });
    },
  };
}
