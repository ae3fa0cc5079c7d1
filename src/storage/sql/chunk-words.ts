/** The words of chunks, written with them. */
import type { ChunkPlace } from '../../knowledge/chunk-store.js';
import { chunkWords } from '../../knowledge/search/chunk-words.js';
import type { RowShape, SqlDialect } from './dialects/dialect.js';
import { parts } from './knowledge-rows.js';
import { type Program, rowsOfAll } from './query.js';

export interface ChunkText {
  readonly document_key: string;
  readonly chunk_index: number;
  readonly store_key: string;
  readonly collection_key: string;
  readonly title: string;
  readonly text: string;
  readonly place: ChunkPlace;
  /** Default: made of the others. */
  readonly words?: string | undefined;
}

/** Of chunks that have none yet. */
export function* writeChunkWords(dialect: SqlDialect, chunks: readonly ChunkText[]): Program<void> {
  for (const part of parts(chunks, 100)) {
    const rows = part.map((chunk) => [
      chunk.document_key,
      chunk.chunk_index,
      chunk.store_key,
      chunk.collection_key,
      [storeWord(chunk.store_key), collectionWord(chunk.collection_key), chunk.words ?? chunkWords(chunk).join(' ')].join(' '),
    ]);
    yield* rowsOfAll(dialect.rows.insert(chunkWordShape, rows));
  }
}

/** Stand before the words of each chunk, in this order: a search reads what is of its store, or of its collection, and nothing else. */
export function storeWord(storeKey: string): string {
  return `ss${storeKey}`;
}

export function collectionWord(collectionKey: string): string {
  return `cc${collectionKey}`;
}

const chunkWordShape = {
  table: 'chunk_words',
  columns: { document_key: 'key', chunk_index: 'integer', store_key: 'key', collection_key: 'key', words: 'text' },
} as const satisfies RowShape;
