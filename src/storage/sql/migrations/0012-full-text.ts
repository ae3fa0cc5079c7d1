import { writeChunkWords } from '../chunk-words.js';
import type { SqlDialect } from '../dialects/dialect.js';
import { type Program, patient, rowsOf } from '../query.js';
import { createTable, type TableDefinition } from '../table-definition.js';
import type { Migration } from './migration.js';

/** The words of chunks, for keyword search (RAG-45). Chunks from before are indexed here. */
export const fullTextMigration: Migration = {
  number: 12,
  name: 'full-text',
  statements: (dialect) => [...createTable(dialect, table), ...dialect.chunkWordIndex.create, () => indexAll(dialect)],
};

const table: TableDefinition = {
  name: 'chunk_words',
  columns: { entry: 'serial', document_key: 'key', chunk_index: 'integer', store_key: 'key', collection_key: 'key', words: 'text' },
  primaryKey: ['entry'],
  indexes: [{ columns: ['document_key', 'chunk_index'], unique: true }],
};

/** Page by page: memory stays bounded, however many chunks there are. Begun again, it goes on behind what is there. */
function* indexAll(dialect: SqlDialect): Program<void> {
  let after = { document_key: '', chunk_index: 0 };
  for (;;) {
    const rows = yield* rowsOf<ChunkToIndex>(patient(UNINDEXED, [after.document_key, after.document_key, after.chunk_index]));
    const last = rows.at(-1);
    if (last === undefined) return;
    yield* writeChunkWords(
      dialect,
      rows.flatMap(({ place, indexed, ...row }) =>
        indexed === null ? [{ ...row, text: row.content, place: JSON.parse(place ?? '{}') as object }] : [],
      ),
    );
    after = last;
  }
}

interface ChunkToIndex {
  readonly document_key: string;
  readonly chunk_index: number;
  readonly store_key: string;
  readonly collection_key: string;
  readonly title: string;
  readonly content: string;
  readonly place: string | null;
  readonly indexed: number | null;
}

const UNINDEXED = `SELECT c.document_key, c.chunk_index, d.store_key, c.collection_key, d.title, c.content, c.place, w.entry AS indexed
  FROM chunks AS c JOIN documents AS d ON d.document_key = c.document_key
  LEFT JOIN chunk_words AS w ON w.document_key = c.document_key AND w.chunk_index = c.chunk_index
  WHERE c.document_key > ? OR (c.document_key = ? AND c.chunk_index > ?)
  ORDER BY c.document_key, c.chunk_index LIMIT 500`;
