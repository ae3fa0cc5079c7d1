/** Rows of the knowledge tables. */
import { endianness } from 'node:os';
import { sha256Hex } from '../../base/json.js';
import type { Metadata } from '../../base/metadata.js';
import { type DocumentRecord, documentKey } from '../../knowledge/chunk-store.js';
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
  /** These three are null from before migration 10. */
  readonly seen_run: string | null;
  readonly metadata_hash: string | null;
  readonly failed_state: string | null;
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
    seen_run: 'key',
    metadata_hash: 'key',
    failed_state: 'key',
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
    title: row.title,
    sourcePath: row.source_path,
    generation: Number(row.generation),
    contentHash: row.content_hash,
    pipeline: row.pipeline,
    bytes: Number(row.bytes),
    modifiedAt: Number(row.modified_at),
    sourceVersion: row.source_version ?? '',
    metadata: JSON.parse(row.metadata ?? '{}') as Metadata,
    metadataHash: row.metadata_hash ?? '',
    status: row.status as DocumentRecord['status'],
    stage: row.stage as DocumentRecord['stage'],
    attempts: Number(row.attempts),
    lastError: row.last_error,
    failedState: row.failed_state ?? '',
    chunkCount: Number(row.chunk_count),
    seenRun: row.seen_run ?? '',
    updatedAt: Number(row.updated_at),
  };
}

/** A document of which nothing is known but that it is there. */
export function blankDocument(store: string, id: string, collectionKey: string, at: number): DocumentRow {
  return {
    document_key: documentKey(store, id),
    store_key: keyOf(store),
    collection_key: collectionKey,
    version: 0,
    store,
    document_id: id,
    title: '',
    source_path: '',
    generation: 0,
    content_hash: '',
    pipeline: '',
    bytes: 0,
    modified_at: 0,
    status: 'pending',
    stage: '',
    attempts: 0,
    last_error: '',
    chunk_count: 0,
    slots: 0,
    updated_at: at,
    metadata: null,
    source_version: null,
    seen_run: null,
    metadata_hash: null,
    failed_state: null,
  };
}

export function documentTuple(row: DocumentRow): readonly unknown[] {
  return DOCUMENT_COLUMNS.map((column) => row[column]);
}

const DOCUMENT_COLUMNS = Object.keys(documentShape.columns) as (keyof DocumentRow)[];

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
