/** A few documents from bytes to committed chunks: the unit of work of an ingest. */
import { AppError, describeError, type ErrorCode, toAppError } from '../base/errors.js';
import { faultPoint } from '../base/fault-points.js';
import type { Metadata } from '../base/metadata.js';
import type { PreparedDocument, TextChunk } from '../threads/messages.js';
import type { DocumentChange, DocumentRecord, FailureStage, IndexDocument } from './chunk-store.js';
import type { IngestOptions } from './ingest-options.js';
import type { SourceContent, SourceDocument } from './sources/document-source.js';

export interface DocumentWork {
  readonly document: SourceDocument;
  readonly record: DocumentRecord | undefined;
}

export interface BatchCounts {
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  readonly chunks: number;
}

export interface BatchOptions extends IngestOptions {
  readonly embedderFingerprint: string;
  readonly pipeline: string;
}

interface Prepared {
  readonly work: DocumentWork;
  readonly contentHash: string;
  readonly version: string;
  readonly title: string;
  readonly metadata: Metadata;
  readonly chunks: readonly TextChunk[];
}

export async function ingestBatch(options: BatchOptions, batch: readonly DocumentWork[], signal: AbortSignal): Promise<BatchCounts> {
  const outcomes = await Promise.all(batch.map((work) => prepare(options, work, signal)));
  signal.throwIfAborted();
  const prepared = outcomes.filter((outcome): outcome is Prepared => !('type' in outcome));
  const changes = outcomes.filter((outcome): outcome is DocumentChange => 'type' in outcome);
  changes.push(...(await embedAll(options, prepared, signal)));
  signal.throwIfAborted();
  return await commitAll(options, changes);
}

/** The document's text in chunks, or the change that says why not. */
async function prepare(options: BatchOptions, work: DocumentWork, signal: AbortSignal): Promise<Prepared | DocumentChange> {
  const { document, record } = work;
  let content: SourceContent | 'unchanged';
  try {
    const knownVersion = record?.pipeline === options.pipeline ? record.sourceVersion : '';
    content = document.content ?? (await options.source.read(document, knownVersion, signal));
  } catch (error) {
    return failure(options, work, 'read', error, signal);
  }
  if (content === 'unchanged') return touch(options, work, document.version);
  const version = content.version ?? document.version;
  try {
    const knownHash = record?.pipeline === options.pipeline ? record.contentHash : '';
    const prepared = await prepareOnThread(
      options,
      { name: document.name, mediaType: content.mediaType, content: content.bytes, chunking: options.chunking, knownHash },
      signal,
    );
    if (prepared.type === 'unchanged') return touch(options, work, version);
    const { contentHash, title, chunks } = prepared;
    return { work, contentHash, version, title, metadata: { ...document.metadata, ...content.metadata }, chunks };
  } catch (error) {
    return failure(options, work, 'prepare', error, signal);
  }
}

/** A document that takes too long ends its thread, and only its own work with it. */
async function prepareOnThread(
  { textThreads, clock }: BatchOptions,
  request: Parameters<typeof textThreads.run<'prepare'>>[1],
  signal: AbortSignal,
): Promise<PreparedDocument> {
  const timeout = new AbortController();
  const cancel = clock.after(PREPARE_LIMIT_MS, () =>
    timeout.abort(
      new AppError('THREAD_FAILED', { message: `'${request.name}' took longer than ${PREPARE_LIMIT_MS / 1000} s to extract and chunk` }),
    ),
  );
  try {
    const transfer = [request.content.buffer as ArrayBuffer];
    return await textThreads.run('prepare', request, { signal: AbortSignal.any([signal, timeout.signal]), transfer, killOnAbort: true });
  } finally {
    cancel();
  }
}

/**
 * Embeds all documents' chunks together. When something in them fails, each half on its own, so that only the culprit fails (W-72); what
 * was embedded before is not paid again (`embedders.<name>.cache`).
 */
async function embedAll(options: BatchOptions, documents: readonly Prepared[], signal: AbortSignal): Promise<readonly DocumentChange[]> {
  const texts = documents.flatMap((document) => document.chunks.map((chunk) => chunk.text));
  try {
    const vectors = texts.length === 0 ? [] : await options.embedder.embed(texts, 'document', signal);
    if (vectors.length !== texts.length)
      throw new AppError('EMBEDDER_FAILED', { message: `The embedder gave ${vectors.length} vectors for ${texts.length} texts` });
    let at = 0;
    return documents.map((document) => {
      const change = indexChange(options, document, vectors.slice(at, at + document.chunks.length));
      at += document.chunks.length;
      return change;
    });
  } catch (error) {
    signal.throwIfAborted();
    const { code, details } = toAppError(error, 'EMBEDDER_FAILED');
    if (CONCERNS_ALL.has(code)) throw error;
    // A server that fails at one text answers 500 to all that came with it; one that is away is asked no more often than it must be.
    const isAway = code === 'EMBEDDER_UNAVAILABLE' && details['status'] !== 500;
    if (documents.length === 1 || isAway) return documents.map(({ work }) => failure(options, work, 'embed', error, signal));
    const half = Math.ceil(documents.length / 2);
    return [...(await embedAll(options, documents.slice(0, half), signal)), ...(await embedAll(options, documents.slice(half), signal))];
  }
}

async function commitAll(options: BatchOptions, changes: readonly DocumentChange[]): Promise<BatchCounts> {
  const counts = { done: 0, failed: 0, skipped: 0, chunks: 0 };
  for (const part of byChunks(changes)) {
    await faultPoint('ingest.before-commit');
    for (const [change, committed] of await commitPart(options, part)) {
      if (change.type === 'fail') counts.failed += 1;
      // Somebody else has changed the document meanwhile: its newer state stands, this run has nothing to add.
      else if (change.type === 'touch' || !committed) counts.skipped += 1;
      else {
        counts.done += 1;
        counts.chunks += change.type === 'index' ? change.chunks.length : 0;
      }
    }
    await faultPoint('ingest.after-commit');
  }
  return counts;
}

/** One transaction; when the database refuses it for good, one per document, so that only the culprit fails. */
async function commitPart(
  options: BatchOptions,
  changes: readonly DocumentChange[],
): Promise<readonly (readonly [DocumentChange, boolean])[]> {
  const { chunkStore, collection, clock, log, store } = options;
  try {
    const outcomes = await chunkStore.commit(collection, changes, clock.now());
    return changes.map((change, index) => [change, outcomes[index] === 'committed']);
  } catch (error) {
    if (toAppError(error).disposition === 'retry') throw error;
    const [only] = changes;
    if (only === undefined || only.type === 'fail') throw error;
    if (changes.length > 1) {
      const results: (readonly [DocumentChange, boolean])[] = [];
      for (const change of changes) results.push(...(await commitPart(options, [change])));
      return results;
    }
    log.warn({ store, document: only.id, stage: 'commit' }, describeError(error));
    const sourcePath = only.type === 'index' ? only.sourcePath : only.id;
    return await commitPart(options, [
      { type: 'fail', store, id: only.id, generation: only.generation, sourcePath, stage: 'commit', error: describeError(error) },
    ]);
  }
}

/** Transactions of a bounded number of chunks; a larger document has one of its own (it must be one). */
function* byChunks(changes: readonly DocumentChange[]): Generator<readonly DocumentChange[]> {
  let part: DocumentChange[] = [];
  let chunks = 0;
  for (const change of changes) {
    const more = change.type === 'index' ? change.chunks.length : 0;
    if (part.length > 0 && chunks + more > COMMIT_CHUNKS) {
      yield part;
      part = [];
      chunks = 0;
    }
    part.push(change);
    chunks += more;
  }
  if (part.length > 0) yield part;
}

function indexChange(
  options: BatchOptions,
  { work, contentHash, version, title, metadata, chunks }: Prepared,
  vectors: readonly Float32Array[],
): IndexDocument {
  const { document } = work;
  return {
    type: 'index',
    ...identity(options, work),
    contentHash,
    pipeline: options.pipeline,
    embedder: options.embedderFingerprint,
    bytes: document.bytes,
    modifiedAt: document.modifiedAt,
    sourceVersion: version,
    metadata,
    title: title || document.name,
    sourcePath: document.id,
    chunks: chunks.map((chunk, index) => ({ ...chunk, vector: vectors[index] as Float32Array })),
  };
}

function touch(options: BatchOptions, work: DocumentWork, version: string): DocumentChange {
  const { bytes, modifiedAt } = work.document;
  return { type: 'touch', ...identity(options, work), bytes, modifiedAt, sourceVersion: version };
}

function failure(options: BatchOptions, work: DocumentWork, stage: FailureStage, error: unknown, signal: AbortSignal): DocumentChange {
  signal.throwIfAborted();
  options.log.warn({ store: options.store, document: work.document.id, stage }, describeError(error));
  return { type: 'fail', ...identity(options, work), sourcePath: work.document.id, stage, error: describeError(error) };
}

function identity({ store }: BatchOptions, { document, record }: DocumentWork) {
  return { store, id: document.id, generation: record?.generation ?? 0 };
}

const PREPARE_LIMIT_MS = 60_000;
/** The next document would meet the same: the ingest ends with it, and no document is called failed. */
const CONCERNS_ALL: ReadonlySet<ErrorCode> = new Set([
  'EMBEDDER_UNAUTHORIZED',
  'EMBEDDER_UNUSABLE',
  'EMBEDDER_DIMENSION',
  'EMBEDDER_RATE_LIMITED',
]);
/** Keeps a transaction, which in SQLite holds the only write lock, to a few milliseconds. */
const COMMIT_CHUNKS = 256;
