/**
 * Searches a collection that somebody else fills (RAG-06): one of the chunk table, which another document store or another Hector ingests
 * into, or one of the vector store itself, whose entries bring their text as metadata.
 */
import { AppError } from '../base/errors.js';
import type { Metadata } from '../base/metadata.js';
import type { CollectionSourceSettings } from '../config/settings.js';
import type { VectorStore } from '../providers/vector-stores/contract.js';
import type { ChunkStore } from './chunk-store.js';
import type { SearchHit } from './retriever.js';

export interface CollectionQuery {
  readonly vector: Float32Array;
  readonly limit: number;
  readonly threshold: number;
}

/** `undefined`: the chunk table has the collection, and is to be asked. */
export type SearchCollection = (query: CollectionQuery, signal: AbortSignal) => Promise<readonly SearchHit[] | undefined>;

export interface CollectionDependencies {
  /** Key in `document_stores`. */
  readonly store: string;
  readonly chunkStore: Pick<ChunkStore, 'collection'>;
  readonly vectorStore: VectorStore;
}

/** The result throws AppError `INDEX_FAILED` when entries have no text, and what the vector store throws. */
export function createCollectionSearch(settings: CollectionSourceSettings, dependencies: CollectionDependencies): SearchCollection {
  const { collection } = settings;
  const { chunkStore, vectorStore, store } = dependencies;
  return async ({ vector, limit, threshold }, signal) => {
    if ((await chunkStore.collection(collection)).source !== '') return undefined;
    const { hits } = await vectorStore.search(collection, { vector, topK: limit, withMetadata: true }, signal);
    const found = hits.flatMap(({ id, score, metadata = {} }) => {
      const hit = toHit(settings, { store, id, score, metadata });
      return hit === undefined || score < threshold ? [] : [hit];
    });
    if (found.length === 0 && hits.some(({ score }) => score >= threshold)) throw withoutText(settings, store);
    return found;
  };
}

interface Entry {
  readonly store: string;
  readonly id: string;
  readonly score: number;
  readonly metadata: Metadata;
}

function toHit(
  { textField, titleField, pathField }: CollectionSourceSettings,
  { store, id, score, metadata }: Entry,
): SearchHit | undefined {
  const textOf = (field: string) => (Object.hasOwn(metadata, field) ? String(metadata[field]) : '');
  const content = textOf(textField);
  if (content === '') return undefined;
  // Lines are what our own chunks have; 0 says that nobody knows them.
  const places = { chunkIndex: 0, startLine: 0, endLine: 0 };
  return { store, documentId: id, content, score, sourcePath: textOf(pathField) || id, title: textOf(titleField), ...places };
}

function withoutText({ collection, textField }: CollectionSourceSettings, store: string): AppError {
  return new AppError('INDEX_FAILED', {
    message: `The entries of collection '${collection}' have no text in '${textField}'; name the field that has it in document_stores.${store}.source.text_field, and see to it that its vector store gives metadata`,
  });
}
