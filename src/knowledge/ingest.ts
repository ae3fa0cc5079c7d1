/**
 * Brings one store's documents up to date: scan, compare, prepare, embed, commit, remove what is gone.
 *
 * 1. Nothing is recorded as done before its chunks are committed: a killed ingest goes on with what is left (RAG-34).
 * 2. One document's failure is recorded with it and stops no other (RAG-31).
 * 3. Only documents known to be gone are removed: below a folder that cannot be listed, nothing is.
 */
import { describeError } from '../base/errors.js';
import type { DocumentChange, DocumentRecord } from './chunk-store.js';
import { type DocumentWork, ingestBatch } from './ingest-batch.js';
import type { IngestOptions, IngestProgress } from './ingest-options.js';
import { embedderFingerprint, pipelineFingerprint } from './pipeline-fingerprint.js';
import type { DocumentSource, SourceDocument, SourceProblem } from './sources/document-source.js';

interface SourceScan {
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly SourceProblem[];
}

type Count = 'total' | 'done' | 'failed' | 'skipped' | 'removed' | 'chunks';

export async function ingestStore(options: IngestOptions, signal: AbortSignal): Promise<IngestProgress> {
  const { store, source, log } = options;
  const embedder = embedderFingerprint(options.embedder);
  const pipeline = pipelineFingerprint(options.chunking, embedder, options.collection);
  let progress: IngestProgress = { store, total: 0, done: 0, failed: 0, skipped: 0, removed: 0, chunks: 0, finished: false };
  const add = (more: Partial<Record<Count, number>>) => {
    for (const [name, count] of Object.entries(more)) progress = { ...progress, [name]: progress[name as Count] + count };
    options.onProgress?.(progress);
  };

  const scan = await readScan(source, signal);
  add({ total: scan.documents.length + scan.problems.length });
  log.info(`ingest of '${store}' started: ${scan.documents.length} documents`);
  add({ failed: await recordProblems(options, scan) });

  // The first worker that fails stops the others; none goes on unobserved.
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const changed = changedDocuments(options, scan, { pipeline, onUnchanged: (count) => add({ skipped: count }) }, either);
  // One worker at a time fills its batch; taking turns document by document would give many small ones.
  let taking: Promise<readonly DocumentWork[]> = Promise.resolve([]);
  const nextBatch = () => {
    taking = taking.then(() => takeBatch(changed));
    return taking;
  };
  const worker = async () => {
    for (let batch = await nextBatch(); batch.length > 0; batch = await nextBatch()) {
      const counted = await ingestBatch({ ...options, embedderFingerprint: embedder, pipeline }, batch, either);
      if (counted.done > 0) options.onCommit?.();
      add(counted);
    }
  };
  const workers = Array.from({ length: Math.max(1, options.maxConcurrent) }, () =>
    worker().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  either.throwIfAborted();

  add({ removed: await removeMissing(options, scan, signal) });
  progress = { ...progress, finished: true };
  options.onProgress?.(progress);
  const { done, skipped, removed, failed } = progress;
  log.info(`ingest of '${store}' complete: ${done} indexed, ${skipped} unchanged, ${removed} removed, ${failed} failed`);
  return progress;
}

async function readScan(source: DocumentSource, signal: AbortSignal): Promise<SourceScan> {
  const documents: SourceDocument[] = [];
  const problems: SourceProblem[] = [];
  for await (const finding of source.scan(signal)) {
    if (finding.type === 'document') documents.push(finding.document);
    else problems.push(finding.problem);
  }
  return { documents, problems };
}

interface Comparison {
  readonly pipeline: string;
  readonly onUnchanged: (count: number) => void;
}

/** Documents that differ from what is recorded, or that failed before. */
async function* changedDocuments(
  { store, chunkStore }: IngestOptions,
  { documents }: SourceScan,
  { pipeline, onUnchanged }: Comparison,
  signal: AbortSignal,
): AsyncGenerator<DocumentWork> {
  for (let at = 0; at < documents.length; at += LOOKUP_DOCUMENTS) {
    const page = documents.slice(at, at + LOOKUP_DOCUMENTS);
    const records = await chunkStore.findDocuments(
      store,
      page.map((document) => document.id),
    );
    const work = page.map((document): DocumentWork => ({ document, record: records.get(document.id) }));
    const changed = work.filter(({ document, record }) => record === undefined || !isUnchanged(document, record, pipeline));
    if (changed.length < work.length) onUnchanged(work.length - changed.length);
    for (const item of changed) {
      signal.throwIfAborted();
      yield item;
    }
  }
}

function isUnchanged(document: SourceDocument, record: DocumentRecord, pipeline: string): boolean {
  if (record.status !== 'indexed' || record.pipeline !== pipeline) return false;
  if (document.version !== '') return record.sourceVersion === document.version;
  if (record.bytes !== document.bytes || record.modifiedAt !== document.modifiedAt) return false;
  // Written in the same moment as it was indexed: a later write of equal length may carry the same time.
  return record.updatedAt - document.modifiedAt > SAME_MOMENT_MS;
}

async function takeBatch(works: AsyncGenerator<DocumentWork>): Promise<readonly DocumentWork[]> {
  const batch: DocumentWork[] = [];
  let bytes = 0;
  while (batch.length < BATCH_DOCUMENTS && bytes < BATCH_BYTES) {
    const next = await works.next();
    if (next.done) break;
    batch.push(next.value);
    bytes += next.value.document.bytes;
  }
  return batch;
}

async function recordProblems({ store, collection, chunkStore, clock, log }: IngestOptions, { problems }: SourceScan): Promise<number> {
  const records = await chunkStore.findDocuments(
    store,
    problems.map((problem) => problem.id),
  );
  const changes = problems.map((problem): DocumentChange => {
    log.warn({ store, document: problem.id }, describeError(problem.error));
    return {
      type: 'fail',
      store,
      id: problem.id,
      generation: records.get(problem.id)?.generation ?? 0,
      sourcePath: problem.id,
      stage: 'scan',
      error: describeError(problem.error),
    };
  });
  await chunkStore.commit(collection, changes, clock.now());
  return problems.length;
}

async function removeMissing(
  { store, collection, chunkStore, clock, onCommit }: IngestOptions,
  { documents, problems }: SourceScan,
  signal: AbortSignal,
): Promise<number> {
  const seen = new Set([...documents, ...problems].map((item) => item.id));
  const unknownFolders = problems.filter((problem) => problem.isFolder).map((problem) => `${problem.id}/`);
  let removed = 0;
  let afterKey = '';
  for (;;) {
    signal.throwIfAborted();
    const page = await chunkStore.listDocuments(store, afterKey, LOOKUP_DOCUMENTS);
    const gone = page.filter(({ id }) => !seen.has(id) && !unknownFolders.some((folder) => id.startsWith(folder)));
    const outcomes = await chunkStore.commit(
      collection,
      gone.map(({ id, generation }): DocumentChange => ({ type: 'remove', store, id, generation })),
      clock.now(),
    );
    const count = outcomes.filter((outcome) => outcome === 'committed').length;
    if (count > 0) onCommit?.();
    removed += count;
    const last = page.at(-1);
    if (last === undefined || page.length < LOOKUP_DOCUMENTS) return removed;
    afterKey = last.key;
  }
}

const LOOKUP_DOCUMENTS = 500;
const BATCH_DOCUMENTS = 16;
const BATCH_BYTES = 2 * 1024 * 1024;
const SAME_MOMENT_MS = 2_000;
