/** What one commit of document changes writes; keeps the numbered promises of `knowledge/chunk-store.ts`. */
import { newId } from '../../base/ids.js';
import {
  type ChangeOutcome,
  type DescribeDocument,
  type DocumentChange,
  documentKey,
  type IndexDocument,
  type TouchDocument,
} from '../../knowledge/chunk-store.js';
import { countChanges } from '../../knowledge/count-changes.js';
import type { CommitFence } from '../../knowledge/runs/ingest-fence.js';
import { type ChunkText, writeChunkWords } from './chunk-words.js';
import type { SqlDialect } from './dialects/dialect.js';
import { passFence } from './ingest/pass-fence.js';
import {
  blankDocument,
  chunkShape,
  collectionShape,
  type DocumentRow,
  documentShape,
  documentTuple,
  keyOf,
  parts,
  vectorBytes,
} from './knowledge-rows.js';
import { type Program, rowsOf, rowsOfAll } from './query.js';

/** One transaction. */
export function* commitChanges(
  dialect: SqlDialect,
  collection: string,
  changes: readonly DocumentChange[],
  at: number,
  fence?: CommitFence,
): Program<readonly ChangeOutcome[]> {
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
  const texts: ChunkText[] = [];
  changes.forEach((change, index) => {
    const key = keys[index] as string;
    const current = written.get(key) ?? known.get(key);
    if (
      Number(current?.generation ?? 0) !== change.generation ||
      (current === undefined && change.type !== 'index' && change.type !== 'fail')
    ) {
      outcomes.push('stale');
      return;
    }
    outcomes.push('committed');
    const next = nextRow(change, collectionKey, current, { version, at });
    written.set(key, next);
    if (change.type !== 'index' && change.type !== 'remove') return;
    if (Number(current?.chunk_count ?? 0) > 0) cleared.push(key);
    if (change.type !== 'index') return;
    chunks.push(...chunkRows(change, next));
    texts.push(...change.chunks.map((chunk, index) => ({ ...next, ...chunk, chunk_index: index })));
  });

  for (const part of parts(cleared, 100))
    for (const table of ['chunks', 'chunk_words'])
      yield* rowsOf({ sql: `DELETE FROM ${table} WHERE document_key IN (${part.map(() => '?').join(', ')})`, parameters: part });
  for (const part of parts(chunks, 100)) yield* rowsOfAll(dialect.rows.insert(chunkShape, part));
  yield* writeChunkWords(dialect, texts);
  const values = [...written.values()];
  const added = values.filter((row) => !known.has(row.document_key));
  const changed = values.filter((row) => known.has(row.document_key));
  if (added.length > 0) yield* rowsOfAll(dialect.rows.insert(documentShape, added.map(documentTuple)));
  if (changed.length > 0) yield* rowsOfAll(dialect.rows.update(documentShape, changed.map(documentTuple)));
  if (values.some((row) => row.version === version))
    yield* rowsOf({ sql: 'UPDATE collections SET version = ? WHERE collection_key = ?', parameters: [version, collectionKey] });
  // Last, so that all who write lock in one order; one that does not hold takes back everything above.
  if (fence !== undefined) yield* passFence(dialect, fence, countChanges(changes, outcomes), at);
  return outcomes;
}

/** The document's row after the change. */
function nextRow(
  change: DocumentChange,
  collectionKey: string,
  current: DocumentRow | undefined,
  { version, at }: { version: number; at: number },
): DocumentRow {
  const base = current ?? blankDocument(change.store, change.id, collectionKey, at);
  const success = { status: 'indexed', stage: '', attempts: 0, last_error: '', failed_state: '', updated_at: at };
  switch (change.type) {
    case 'index':
      return {
        ...base,
        ...success,
        collection_key: collectionKey,
        version,
        generation: change.generation + 1,
        title: withoutNul(change.title),
        source_path: withoutNul(change.sourcePath),
        content_hash: change.contentHash,
        pipeline: change.pipeline,
        bytes: change.bytes,
        modified_at: change.modifiedAt,
        source_version: change.sourceVersion,
        metadata: JSON.stringify(change.metadata),
        metadata_hash: change.metadataHash ?? '',
        chunk_count: change.chunks.length,
        slots: Math.max(Number(base.slots), change.chunks.length),
      };
    case 'touch':
      return { ...base, ...success, ...told(change) };
    case 'describe':
      return { ...base, ...success, ...told(change), version, metadata: JSON.stringify(change.metadata) };
    case 'fail':
      return {
        ...base,
        source_path: current?.source_path || withoutNul(change.sourcePath),
        status: 'failed',
        stage: change.stage,
        attempts: Number(base.attempts) + (change.tries ?? 1),
        last_error: withoutNul(change.error.slice(0, 2000)),
        failed_state: change.failedState ?? '',
        updated_at: at,
      };
    case 'remove':
      return {
        ...base,
        ...success,
        status: change.byHand === true ? 'deleted' : 'removed',
        version,
        generation: change.generation + 1,
        content_hash: '',
        pipeline: '',
        chunk_count: 0,
      };
  }
}

/** PostgreSQL refuses it in text. */
function withoutNul(text: string): string {
  return text.replaceAll('\u0000', '\ufffd');
}

function told(change: TouchDocument | DescribeDocument) {
  const { bytes, modifiedAt, sourceVersion, metadataHash = '' } = change;
  return { bytes, modified_at: modifiedAt, source_version: sourceVersion, metadata_hash: metadataHash };
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
    JSON.stringify(chunk.place),
  ]);
}
