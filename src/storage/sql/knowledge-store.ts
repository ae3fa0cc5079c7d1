/** The chunk table in SQL; keeps what `knowledge/chunk-store.ts` promises. */
import { newId } from '../../base/ids.js';
import { sha256Hex } from '../../base/json.js';
import {
  type ChangeOutcome,
  type ChunkStore,
  type ChunkVector,
  type DocumentChange,
  type DocumentMove,
  type DocumentRecord,
  documentKey,
  type IndexDocument,
  type StoredChunk,
} from '../../knowledge/chunk-store.js';
import type { Database } from './database.js';
import { chunkShape, collectionShape, documentShape, type DocumentRow, toRecord, toVector, vectorBytes } from './knowledge-rows.js';
import { type Program, type Query, rowsOf, rowsOfAll } from './query.js';

export function createKnowledgeStore(database: Database): ChunkStore {
  const { dialect } = database;
  const query = (sql: string, parameters: readonly unknown[]): Query => ({ sql, parameters });
  const read = async <R>(sql: string, parameters: readonly unknown[]) => (await database.read(query(sql, parameters))) as readonly R[];

  function* commit(collection: string, changes: readonly DocumentChange[], at: number): Program<readonly ChangeOutcome[]> {
    const collectionKey = keyOf(collection);
    // The lock on this row makes versions commit in order (3) and keeps two commits off the same documents (2).
    const [state] = yield* rowsOfAll<{ version: number }>(dialect.rows.select(collectionShape, [collectionKey], { lock: true }));
    if (state === undefined) yield* rowsOfAll(dialect.rows.insert(collectionShape, [[collectionKey, collection, newId(at), 0]]));
    const version = Number(state?.version ?? 0) + 1;

    const keys = changes.map((change) => documentKey(change.store, change.id));
    const rows = yield* rowsOfAll<DocumentRow>(dialect.rows.select(documentShape, [...new Set(keys)], { lock: true }));
    const known = new Map(rows.map((row) => [row.document_key, row]));

    const outcomes: ChangeOutcome[] = [];
    const written = new Map<string, DocumentRow>();
    const cleared: string[] = [];
    const chunks: unknown[][] = [];
    changes.forEach((change, index) => {
      const key = keys[index] as string;
      const current = written.get(key) ?? known.get(key);
      if (Number(current?.generation ?? 0) !== change.generation || (current === undefined && change.type !== 'index' && change.type !== 'fail')) {
        outcomes.push('stale');
        return;
      }
      outcomes.push('committed');
      const next = nextRow(change, key, collectionKey, current, { version, at });
      written.set(key, next);
      if (change.type !== 'index' && change.type !== 'remove') return;
      if (Number(current?.chunk_count ?? 0) > 0) cleared.push(key);
      if (change.type === 'index') chunks.push(...chunkRows(change, next));
    });

    for (const part of parts(cleared, 100)) yield* rowsOf(query(`DELETE FROM chunks WHERE document_key IN (${part.map(() => '?').join(', ')})`, part));
    for (const part of parts(chunks, 100)) yield* rowsOfAll(dialect.rows.insert(chunkShape, part));
    const values = [...written.values()];
    const columns = Object.keys(documentShape.columns) as (keyof DocumentRow)[];
    const tuples = (of: readonly DocumentRow[]) => of.map((row) => columns.map((column) => row[column]));
    const added = values.filter((row) => !known.has(row.document_key));
    const changed = values.filter((row) => known.has(row.document_key));
    if (added.length > 0) yield* rowsOfAll(dialect.rows.insert(documentShape, tuples(added)));
    if (changed.length > 0) yield* rowsOfAll(dialect.rows.update(documentShape, tuples(changed)));
    if (values.some((row) => row.version === version)) yield* rowsOf(query('UPDATE collections SET version = ? WHERE collection_key = ?', [version, collectionKey]));
    return outcomes;
  }

  return {
    async commit(collection, changes, at) {
      if (changes.length === 0) return [];
      return await database.transact(() => commit(collection, changes, at));
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
      const [row] = await read<{ source: string; version: number }>('SELECT source, version FROM collections WHERE collection_key = ?', [keyOf(collection)]);
      return row === undefined ? { source: '', version: 0 } : { source: row.source, version: Number(row.version) };
    },

    async changes(collection, after, limit) {
      const rows = await read<{ document_key: string; version: number; chunk_count: number; slots: number }>(
        `SELECT document_key, version, chunk_count, slots FROM documents WHERE collection_key = ? AND version >= ? AND (version > ? OR document_key > ?)
         ORDER BY version, document_key LIMIT ${Math.trunc(limit)}`,
        [keyOf(collection), after.version, after.version, after.key],
      );
      return rows.map((row): DocumentMove => ({ key: row.document_key, version: Number(row.version), chunkCount: Number(row.chunk_count), slots: Number(row.slots) }));
    },

    async vectors(documentKeys, embedder) {
      const found: ChunkVector[] = [];
      for (const part of parts(documentKeys, 200)) {
        const rows = await read<{ document_key: string; chunk_index: number; vector: Uint8Array }>(
          `SELECT document_key, chunk_index, vector FROM chunks WHERE document_key IN (${part.map(() => '?').join(', ')}) AND embedder = ?`,
          [...part, embedder],
        );
        for (const row of rows) found.push({ documentKey: row.document_key, index: Number(row.chunk_index), vector: toVector(row.vector) });
      }
      return found;
    },

    async chunks(collection, embedder, ids) {
      const found: StoredChunk[] = [];
      for (const part of parts(ids, 100)) {
        const places = part.flatMap((id) => [id.slice(0, id.lastIndexOf(':')), Number(id.slice(id.lastIndexOf(':') + 1))]);
        const rows = await read<ChunkWithDocument>(
          `SELECT c.document_key, c.chunk_index, c.vector, c.content, c.start_line, c.end_line, d.store, d.document_id, d.title, d.source_path
           FROM chunks c JOIN documents d ON d.document_key = c.document_key
           WHERE c.collection_key = ? AND c.embedder = ? AND (${part.map(() => '(c.document_key = ? AND c.chunk_index = ?)').join(' OR ')})`,
          [keyOf(collection), embedder, ...places],
        );
        found.push(...rows.map(toStoredChunk));
      }
      return found;
    },
  };
}

/** The document's row after the change. */
function nextRow(change: DocumentChange, key: string, collectionKey: string, current: DocumentRow | undefined, { version, at }: { version: number; at: number }): DocumentRow {
  const base: DocumentRow = current ?? {
    document_key: key,
    store_key: keyOf(change.store),
    collection_key: collectionKey,
    version: 0,
    store: change.store,
    document_id: change.id,
    title: '',
    source_path: '',
    generation: 0,
    content_hash: '',
    pipeline: '',
    bytes: 0,
    modified_at: 0,
    status: 'failed',
    stage: '',
    attempts: 0,
    last_error: '',
    chunk_count: 0,
    slots: 0,
    updated_at: at,
  };
  const success = { status: 'indexed', stage: '', attempts: 0, last_error: '', updated_at: at };
  switch (change.type) {
    case 'index':
      return {
        ...base,
        ...success,
        collection_key: collectionKey,
        version,
        generation: change.generation + 1,
        title: change.title,
        source_path: change.sourcePath,
        content_hash: change.contentHash,
        pipeline: change.pipeline,
        bytes: change.bytes,
        modified_at: change.modifiedAt,
        chunk_count: change.chunks.length,
        slots: Math.max(Number(base.slots), change.chunks.length),
      };
    case 'touch':
      return { ...base, ...success, bytes: change.bytes, modified_at: change.modifiedAt };
    case 'fail':
      return { ...base, source_path: current?.source_path || change.sourcePath, status: 'failed', stage: change.stage, attempts: Number(base.attempts) + 1, last_error: change.error.slice(0, 2000), updated_at: at };
    case 'remove':
      return { ...base, ...success, status: 'removed', version, generation: change.generation + 1, content_hash: '', pipeline: '', chunk_count: 0 };
  }
}

function chunkRows(change: IndexDocument, row: DocumentRow): unknown[][] {
  return change.chunks.map((chunk, index) => [
    row.document_key,
    index,
    row.collection_key,
    row.generation,
    change.embedder,
    chunk.text,
    chunk.startLine,
    chunk.endLine,
    vectorBytes(chunk.vector),
  ]);
}

interface ChunkWithDocument {
  readonly document_key: string;
  readonly chunk_index: number;
  readonly vector: Uint8Array;
  readonly content: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly store: string;
  readonly document_id: string;
  readonly title: string;
  readonly source_path: string;
}

function toStoredChunk(row: ChunkWithDocument): StoredChunk {
  return {
    documentKey: row.document_key,
    index: Number(row.chunk_index),
    vector: toVector(row.vector),
    store: row.store,
    documentId: row.document_id,
    title: row.title,
    sourcePath: row.source_path,
    text: row.content,
    startLine: Number(row.start_line),
    endLine: Number(row.end_line),
  };
}

/** Names of stores and collections may be longer than an index entry. */
function keyOf(name: string): string {
  return sha256Hex(name).slice(0, 40);
}

function* parts<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
