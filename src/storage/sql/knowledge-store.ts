/** The chunk table in SQL; keeps what `knowledge/chunk-store.ts` promises. */

import type { Metadata } from '../../base/metadata.js';
import {
  type ChunkPlace,
  type ChunkStore,
  type ChunkVector,
  chunkMetadata,
  type DocumentMove,
  type DocumentRecord,
  documentKey,
  type StoredChunk,
} from '../../knowledge/chunk-store.js';
import type { Database } from './database.js';
import { findByWords } from './find-by-words.js';
import { commitChanges } from './knowledge-commit.js';
import { type DocumentRow, keyOf, parts, toRecord, toVector } from './knowledge-rows.js';

export function createKnowledgeStore(database: Database): ChunkStore {
  const { dialect } = database;
  const read = async <R>(sql: string, parameters: readonly unknown[]) => (await database.read({ sql, parameters })) as readonly R[];

  return {
    async commit(collection, changes, at, fence) {
      if (changes.length === 0 && fence === undefined) return [];
      return await database.transact(() => commitChanges(dialect, collection, changes, at, fence));
    },

    async findDocuments(store, ids) {
      const found = new Map<string, DocumentRecord>();
      for (const part of parts(ids, 200)) {
        const keys = part.map((id) => documentKey(store, id));
        const rows = await read<DocumentRow>(`SELECT * FROM documents WHERE document_key IN (${keys.map(() => '?').join(', ')})`, keys);
        for (const row of rows) found.set(row.document_id, toRecord(row));
      }
      return found;
    },

    async listDocuments(store, afterKey, limit) {
      const rows = await read<DocumentRow>(
        `SELECT * FROM documents WHERE store_key = ? AND document_key > ? AND status <> 'removed' ORDER BY document_key LIMIT ${Math.trunc(limit)}`,
        [keyOf(store), afterKey],
      );
      return rows.map(toRecord);
    },

    async counts(store) {
      const rows = await read<{ status: string; documents: number; chunks: number }>(
        'SELECT status, COUNT(*) AS documents, SUM(chunk_count) AS chunks FROM documents WHERE store_key = ? GROUP BY status',
        [keyOf(store)],
      );
      const of = (status: string) => Number(rows.find((row) => row.status === status)?.documents ?? 0);
      return { indexed: of('indexed'), failed: of('failed'), chunks: rows.reduce((sum, row) => sum + Number(row.chunks), 0) };
    },

    async collection(collection) {
      const [row] = await read<{ source: string; version: number }>('SELECT source, version FROM collections WHERE collection_key = ?', [
        keyOf(collection),
      ]);
      return row === undefined ? { source: '', version: 0 } : { source: row.source, version: Number(row.version) };
    },

    async changes(collection, after, limit) {
      const rows = await read<{ document_key: string; version: number; chunk_count: number; slots: number }>(
        `SELECT document_key, version, chunk_count, slots FROM documents WHERE collection_key = ? AND version >= ? AND (version > ? OR document_key > ?)
         ORDER BY version, document_key LIMIT ${Math.trunc(limit)}`,
        [keyOf(collection), after.version, after.version, after.key],
      );
      return rows.map(
        (row): DocumentMove => ({
          key: row.document_key,
          version: Number(row.version),
          chunkCount: Number(row.chunk_count),
          slots: Number(row.slots),
        }),
      );
    },

    async vectors(documentKeys, embedder) {
      const found: ChunkVector[] = [];
      for (const part of parts(documentKeys, 200)) {
        const rows = await read<VectorRow>(
          `SELECT c.document_key, c.chunk_index, c.vector, c.place, d.store, d.document_id, d.metadata
           FROM chunks c JOIN documents d ON d.document_key = c.document_key
           WHERE c.document_key IN (${part.map(() => '?').join(', ')}) AND c.embedder = ?`,
          [...part, embedder],
        );
        found.push(...rows.map(toChunkVector));
      }
      return found;
    },

    async chunks(collection, embedder, ids) {
      const found: StoredChunk[] = [];
      for (const part of parts(ids, 100)) {
        const places = part.flatMap((id) => [id.slice(0, id.lastIndexOf(':')), Number(id.slice(id.lastIndexOf(':') + 1))]);
        const rows = await read<ChunkWithDocument>(
          `SELECT c.document_key, c.chunk_index, c.vector, c.place, c.content, c.start_line, c.end_line,
             d.store, d.document_id, d.metadata, d.title, d.source_path
           FROM chunks c JOIN documents d ON d.document_key = c.document_key
           WHERE c.collection_key = ? ${embedder === undefined ? '' : 'AND c.embedder = ?'} AND (${part.map(() => '(c.document_key = ? AND c.chunk_index = ?)').join(' OR ')})`,
          [keyOf(collection), ...(embedder === undefined ? [] : [embedder]), ...places],
        );
        found.push(...rows.map(toStoredChunk));
      }
      return found;
    },

    byWords: (search) => findByWords(database, search),
  };
}

interface VectorRow {
  readonly document_key: string;
  readonly chunk_index: number;
  readonly vector: Uint8Array;
  readonly place: string | null;
  readonly store: string;
  readonly document_id: string;
  readonly metadata: string | null;
}

interface ChunkWithDocument extends VectorRow {
  readonly content: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly title: string;
  readonly source_path: string;
}

function toChunkVector(row: VectorRow): ChunkVector {
  const metadata = JSON.parse(row.metadata ?? '{}') as Metadata;
  return {
    documentKey: row.document_key,
    index: Number(row.chunk_index),
    vector: toVector(row.vector),
    metadata: chunkMetadata(metadata, row.store, row.document_id, readPlace(row)),
  };
}

function readPlace({ place }: VectorRow): ChunkPlace {
  return JSON.parse(place ?? '{}') as ChunkPlace;
}

function toStoredChunk(row: ChunkWithDocument): StoredChunk {
  return {
    ...toChunkVector(row),
    store: row.store,
    documentId: row.document_id,
    title: row.title,
    sourcePath: row.source_path,
    text: row.content,
    startLine: Number(row.start_line),
    endLine: Number(row.end_line),
    place: readPlace(row),
  };
}
