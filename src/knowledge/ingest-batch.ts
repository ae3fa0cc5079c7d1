/** A few documents from bytes to committed chunks: the unit of work of an ingest. */
import { AppError, toAppError } from '../base/errors.js';
import { canonicalJson } from '../base/json.js';
import type { Metadata } from '../base/metadata.js';
import { withSpan } from '../observe/trace.js';
import type { PreparedChunk, PreparedDocument, PrepareRequest } from '../threads/messages.js';
import type { DocumentChange, FailDocument, FailureStage, IndexDocument, TouchDocument } from './chunk-store.js';
import { commitBatch } from './commit-batch.js';
import { metadataHashOf } from './document-versions.js';
import { prepareByChain } from './extract/prepare-by-chain.js';
import { failDocument } from './fail-document.js';
import type { BatchOptions, DocumentWork } from './ingest-options.js';
import { concernsWholeStore, tryAgain } from './retry-document.js';

interface Prepared {
  readonly work: DocumentWork;
  readonly contentHash: string;
  readonly version: string;
  readonly title: string;
  readonly metadata: Metadata;
  readonly chunks: readonly PreparedChunk[];
}

/**
 * `others` stay in the batch.
 * @throws AppError `INGEST_LOST` when the batch is no longer this worker's; what concerns the whole store (`concernsWholeStore`)
 */
export function ingestBatch(
  options: BatchOptions,
  batch: readonly DocumentWork[],
  signal: AbortSignal,
  others: readonly DocumentWork[] = [],
): Promise<void> {
  return withSpan('hector.rag.index', indexAttributes(options, batch), async (span) => {
    const outcomes = await prepareAll(options, batch, signal);
    signal.throwIfAborted();
    const prepared = outcomes.filter((outcome): outcome is Prepared => !('type' in outcome));
    const changes = outcomes.filter((outcome): outcome is DocumentChange => 'type' in outcome);
    span.setAttribute('hector.rag.chunk_count', countChunks(prepared));
    changes.push(...(await embedAll(options, prepared, signal)));
    signal.throwIfAborted();
    await commitBatch(options, [...batch, ...others], changes, signal);
  });
}

/** OBS-32 */
function indexAttributes(
  { store, sourceType, chunking, embedder, vectorProvider, batch: { run } }: BatchOptions,
  batch: readonly DocumentWork[],
) {
  return {
    'hector.rag.store.name': store,
    'hector.rag.run_id': run,
    'hector.rag.source_type': sourceType,
    'hector.rag.document_count': batch.length,
    'hector.rag.chunker_strategy': chunking.strategy,
    'hector.rag.embedding_model': embedder.model,
    'hector.rag.vector_provider': vectorProvider,
  };
}

/** Read, extracted and cut. One span for all of them: one for each would push everything else out of the ring of the last spans. */
function prepareAll(
  options: BatchOptions,
  batch: readonly DocumentWork[],
  signal: AbortSignal,
): Promise<readonly (Prepared | DocumentChange)[]> {
  const attributes = {
    'hector.rag.store.name': options.store,
    'hector.rag.chunker_strategy': options.chunking.strategy,
    'hector.rag.document_count': batch.length,
  };
  return withSpan('hector.rag.chunk', attributes, async (span) => {
    const outcomes = await Promise.all(batch.map((work) => prepare(options, work, signal)));
    span.setAttribute('hector.rag.chunk_count', countChunks(outcomes));
    return outcomes;
  });
}

function countChunks(outcomes: readonly (Prepared | DocumentChange)[]): number {
  return outcomes.reduce((count, outcome) => count + ('type' in outcome ? 0 : outcome.chunks.length), 0);
}

/** The document's text in chunks, or the change that says why not. */
async function prepare(options: BatchOptions, work: DocumentWork, signal: AbortSignal): Promise<Prepared | DocumentChange> {
  const bytes = work.document.bytes || UNKNOWN_BYTES;
  let stage: FailureStage = 'read';
  const tried = await tryAgain(
    () =>
      options.budget.hold(bytes, signal, () => {
        stage = 'read';
        return readAndPrepare(options, work, () => (stage = 'prepare'), signal);
      }),
    options,
    signal,
  );
  return tried.type === 'done' ? tried.value : failure(options, work, stage, tried, signal);
}

async function readAndPrepare(
  options: BatchOptions,
  work: DocumentWork,
  onRead: () => void,
  signal: AbortSignal,
): Promise<Prepared | DocumentChange> {
  const { document, record } = work;
  const known = record?.pipeline === options.pipeline && record.contentHash !== '' && options.mode !== 'all' ? record : undefined;
  // Other metadata than the last time is only whole together with what reading tells.
  const isConditional = options.mode !== 'check' && known?.metadataHash === metadataHashOf(document.metadata);
  // Copied: the thread takes the buffer, and a further try needs it again.
  const given = document.content && { ...document.content, bytes: document.content.bytes.slice() };
  const content = given ?? (await options.source.read(document, isConditional ? (known?.sourceVersion ?? '') : '', signal));
  onRead();
  if (content === 'unchanged') return touch(options, work, document.version);
  const version = content.version ?? document.version;
  const metadata = { ...document.metadata, ...content.metadata };
  const { chunking, parsers, log } = options;
  const prepared = await prepareByChain(
    { parsers, log, prepare: (request) => prepareOnThread(options, request, signal) },
    document,
    { name: document.name, mediaType: content.mediaType, content: content.bytes, chunking, knownHash: known?.contentHash ?? '' },
    signal,
  );
  if (prepared.type === 'unchanged') {
    const change = touch(options, work, version);
    return canonicalJson(metadata) === canonicalJson(record?.metadata) ? change : { ...change, type: 'describe', metadata };
  }
  const { contentHash, title, chunks } = prepared;
  if (chunks.length > options.maxChunks) throw tooManyChunks(document.name, chunks.length, options.maxChunks);
  return { work, contentHash, version, title, metadata, chunks };
}

function tooManyChunks(name: string, count: number, most: number): AppError {
  const message = `'${name}' has ${count} chunks; indexing.max_chunks allows ${most}. Raise it, make chunking.size larger, or exclude the document`;
  return new AppError('DOCUMENT_TOO_LARGE', { message });
}

/** A document that takes too long ends its thread, and only its own work with it. */
async function prepareOnThread(
  { textThreads, clock, documentTimeoutMs }: BatchOptions,
  request: PrepareRequest,
  signal: AbortSignal,
): Promise<PreparedDocument> {
  const timeout = new AbortController();
  const cancel = clock.after(documentTimeoutMs, () =>
    timeout.abort(
      new AppError('THREAD_FAILED', {
        message: `'${request.name}' took longer than ${documentTimeoutMs / 1000} s to extract and chunk; raise indexing.document_timeout or exclude it`,
      }),
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
    const vectors = texts.length === 0 ? [] : await options.embedder.embed(texts, 'document', signal, options.mode === 'all');
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
    if (concernsWholeStore(error)) throw error;
    // A server that fails at one text answers 500 to all that came with it; one that is away is asked no more often than it must be.
    const isAway = code === 'EMBEDDER_UNAVAILABLE' && details['status'] !== 500;
    if (documents.length === 1 || isAway) return documents.map(({ work }) => failure(options, work, 'embed', { error, tries: 1 }, signal));
    const half = Math.ceil(documents.length / 2);
    return [...(await embedAll(options, documents.slice(0, half), signal)), ...(await embedAll(options, documents.slice(half), signal))];
  }
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
    metadataHash: metadataHashOf(document.metadata),
    title,
    sourcePath: document.id,
    chunks: chunks.map((chunk, index) => ({ ...chunk, vector: vectors[index] as Float32Array })),
  };
}

function touch(options: BatchOptions, work: DocumentWork, version: string): TouchDocument {
  const { bytes, modifiedAt, metadata } = work.document;
  return { type: 'touch', ...identity(options, work), bytes, modifiedAt, sourceVersion: version, metadataHash: metadataHashOf(metadata) };
}

function failure(
  options: BatchOptions,
  work: DocumentWork,
  stage: FailureStage,
  { error, tries }: { readonly error: unknown; readonly tries: number },
  signal: AbortSignal,
): FailDocument {
  signal.throwIfAborted();
  return failDocument(options, work.document, { ...identity(options, work), stage, error, tries });
}

function identity({ store }: BatchOptions, { document, record }: DocumentWork) {
  return { store, id: document.id, generation: record?.generation ?? 0 };
}

/** What a document of unknown size counts as before it is read. */
const UNKNOWN_BYTES = 1024 * 1024;
