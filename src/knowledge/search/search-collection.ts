/**
 * Searches a collection that somebody else fills (RAG-06): one of the chunk table, which another document store or another Hector ingests
 * into, or one of the vector store itself, whose entries bring their text as metadata.
 */
import { AppError } from '../../base/errors.js';
import { type Metadata, matchesFilter } from '../../base/metadata.js';
import type { CollectionSourceSettings } from '../../config/settings.js';
import type { VectorStore } from '../../providers/vector-stores/contract.js';
import { type ChunkStore, documentKey } from '../chunk-store.js';
import type { FoundChunk, GivenCollection } from './found-chunk.js';

export interface CollectionDependencies {
  /** Key in `document_stores`. */
  readonly store: string;
  readonly chunkStore: Pick<ChunkStore, 'collection'>;
  readonly vectorStore: VectorStore;
}

/** Searching throws AppError `INDEX_FAILED` when entries have no text, and what the vector store throws. */
export function createCollectionSearch(settings: CollectionSourceSettings, dependencies: CollectionDependencies): GivenCollection {
  const { collection } = settings;
  const { chunkStore, vectorStore, store } = dependencies;
  return {
    isForeign: async () => (await chunkStore.collection(collection)).source === '',
    async search(vector, { limit, threshold, filter }, signal) {
      const query = { vector, topK: limit, withMetadata: true, ...(filter === undefined ? {} : { filter }) };
      const { hits } = await vectorStore.search(collection, query, signal);
      const near = hits.filter(
        ({ score, metadata = {} }) => score >= threshold && (filter === undefined || matchesFilter(metadata, filter)),
      );
      const found = near.flatMap(({ id, score, metadata = {} }) => toFound(settings, { store, id, score, metadata }) ?? []);
      if (found.length === 0 && near.length > 0) throw withoutText(settings, store);
      return found;
    },
  };
}

interface Entry {
  readonly store: string;
  readonly id: string;
  readonly score: number;
  readonly metadata: Metadata;
}

function toFound(
  { textField, titleField, pathField }: CollectionSourceSettings,
  { store, id, score, metadata }: Entry,
): FoundChunk | undefined {
  const textOf = (field: string) => (Object.hasOwn(metadata, field) ? String(metadata[field]) : '');
  const text = textOf(textField);
  if (text === '') return undefined;
  const shown = Object.entries(metadata).filter(([key]) => ![textField, titleField, pathField].includes(key));
  // Lines are what our own chunks have; 0 says that nobody knows them.
  const places = { index: 0, startLine: 0, endLine: 0, place: {} };
  const chunk = {
    ...{ documentKey: documentKey(store, id), store, documentId: id, text, sourcePath: textOf(pathField) || id, title: textOf(titleField) },
    ...{ ...places, vector: new Float32Array(), metadata: Object.fromEntries(shown) },
  };
  return { chunk, score };
}

function withoutText({ collection, textField }: CollectionSourceSettings, store: string): AppError {
  return new AppError('INDEX_FAILED', {
    message: `The entries of collection '${collection}' have no text in '${textField}'; name the field that has it in document_stores.${store}.source.text_field, and see to it that its vector store gives metadata`,
  });
}
