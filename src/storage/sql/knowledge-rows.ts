/** Rows of the knowledge tables. */
import { endianness } from 'node:os';
import { sha256Hex } from '../../base/json.js';
import type { DocumentRecord } from '../../knowledge/chunk-store.js';
import type { RowShape } from './dialects/dialect.js';

export interface DocumentRow {
  readonly document_key: string;
  readonly store_key: string;
  readonly collection_key: string;
  /** Version of the collection that last changed the document's chunks; 0 = none yet. */
  readonly version: number;
  readonly store: string;
  readonly document_id: string;
  readonly title: string;
  readonly source_path: string;
  readonly generation: number;
  readonly content_hash: string;
  readonly pipeline: string;
  readonly bytes: number;
  readonly modified_at: number;
  readonly status: string;
  readonly stage: string;
  readonly attempts: number;
  readonly last_error: string;
  readonly chunk_count: number;
  readonly slots: number;
  readonly updated_at: number;
  /** JSON; null from before migration 9. */
  readonly metadata: string | null;
  readonly source_version: string | null;
}

export const collectionShape = {
  table: 'collections',
  columns: { collection_key: 'key', name: 'text', source: 'key', version: 'integer' },
} as const satisfies RowShape;

export const documentShape = {
  table: 'documents',
  columns: {
    document_key: 'key',
    store_key: 'key',
    collection_key: 'key',
    version: 'integer',
    store: 'text',
    document_id: 'text',
    title: 'text',
    source_path: 'text',
    generation: 'integer',
    content_hash: 'key',
    pipeline: 'key',
    bytes: 'integer',
    modified_at: 'integer',
    status: 'key',
    stage: 'key',
    attempts: 'integer',
    last_error: 'text',
    chunk_count: 'integer',
    slots: 'integer',
    updated_at: 'integer',
    metadata: 'text',
    source_version: 'text',
  },
} as const satisfies RowShape;

export const chunkShape = {
  table: 'chunks',
  columns: {
    document_key: 'key',
    chunk_index: 'integer',
    collection_key: 'key',
    generation: 'integer',
    embedder: 'key',
    content: 'text',
    start_line: 'integer',
    end_line: 'integer',
    vector: 'bytes',
    place: 'text',
  },
} as const satisfies RowShape;

export function toRecord(row: DocumentRow): DocumentRecord {
  return {
    key: row.document_key,
    store: row.store,
    id: row.document_id,
    generation: Number(row.generation),
    contentHash: row.content_hash,
    pipeline: row.pipeline,
    bytes: Number(row.bytes),
    modifiedAt: Number(row.modified_at),
    sourceVersion: row.source_version ?? '',
    status: row.status as DocumentRecord['status'],
    stage: row.stage as DocumentRecord['stage'],
    attempts: Number(row.attempts),
    lastError: row.last_error,
    chunkCount: Number(row.chunk_count),
    updatedAt: Number(row.updated_at),
  };
}

/** float32, little-endian, on every machine. */
export function vectorBytes(vector: Float32Array): Buffer {
  const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
}

export function toVector(bytes: Uint8Array): Float32Array {
  // Copied: a driver's buffer may be a slice at an odd offset of memory that it uses again.
  const copy = Buffer.from(Uint8Array.from(bytes).buffer);
  if (endianness() !== 'LE') copy.swap32();
  return new Float32Array(copy.buffer, 0, copy.byteLength / 4);
}

/** Names of stores and collections may be longer than an index entry. */
export function keyOf(name: string): string {
  return sha256Hex(name).slice(0, 40);
}

/** `items` in pieces that fit into one statement. */
export function* parts<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
