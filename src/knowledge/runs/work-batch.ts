/** One worker's turn with a batch: its lease, its take, its documents. */
import { AppError, hasCode } from '../../base/errors.js';
import { commitBatch } from '../commit-batch.js';
import { failDocument } from '../fail-document.js';
import { ingestBatch } from '../ingest-batch.js';
import type { BatchOptions, DocumentWork } from '../ingest-options.js';
import { concernsWholeStore } from '../retry-document.js';
import { unpackContent } from './batch-job.js';
import type { BatchJob, BatchTurn } from './batch-queue.js';
import type { TakenBatch } from './ingest-run.js';
import type { IngestStore } from './ingest-store.js';
import { batchLease } from './lease-names.js';
import type { RunDependencies } from './run-dependencies.js';

/** @throws what SQL and Redis throw; the batch comes again then, with what is left of it */
export async function workBatch(job: BatchJob, store: IngestStore, dependencies: RunDependencies, signal: AbortSignal): Promise<BatchTurn> {
  const { runs, leases, clock, metrics } = dependencies;
  const outcome = await leases.acquire(batchLease(job.run, job.number));
  if (outcome.type === 'held') return { type: 'later', inMs: outcome.remainingMs + HELD_MARGIN_MS };
  const { lease } = outcome;
  try {
    const taken = await runs.takeBatch(job.run, job.number);
    if (taken === undefined) return { type: 'done' };
    const startedMs = clock.monotonic();
    await workDocuments(taken, job, store, dependencies, AbortSignal.any([signal, lease.lost]));
    metrics.batchSeconds(store.name, (clock.monotonic() - startedMs) / 1_000);
    return { type: 'done' };
  } catch (error) {
    // Canceled, or in other hands: what was committed stands.
    if (hasCode(error, 'INGEST_LOST') || hasCode(error, 'TASK_LOST')) return { type: 'done' };
    if (!concernsWholeStore(error)) throw error;
    await runs.fail(job.run, { code: error.code, message: error.message }, clock.now());
    return { type: 'done' };
  } finally {
    await lease.release();
  }
}

async function workDocuments(
  taken: TakenBatch,
  job: BatchJob,
  store: IngestStore,
  dependencies: RunDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { run, number, epoch, documents } = taken;
  const { name, settings, pipeline, source, parsers, embedder, embedderFingerprint, vectorProvider, onCommit } = store;
  const records = await dependencies.chunkStore.findDocuments(
    name,
    documents.map(({ id }) => id),
  );
  const works = documents.map((document): DocumentWork => ({ document: unpackContent(document, job), record: records.get(document.id) }));
  const options: BatchOptions = {
    ...dependencies,
    store: name,
    collection: settings.collection,
    sourceType: settings.source.type,
    chunking: settings.chunking,
    documentTimeoutMs: settings.indexing.documentTimeoutMs,
    maxChunks: settings.indexing.maxChunks,
    retry: settings.indexing.retry,
    batch: { run: run.id, number, epoch },
    mode: run.mode,
    ...{ source, parsers, embedder, embedderFingerprint, vectorProvider, pipeline, onCommit },
  };
  if (epoch <= SINGLY_AFTER_TAKES) await ingestBatch(options, works, signal);
  else await ingestSingly(options, works, signal);
}

/** Of a batch that workers keep dying with: in order, so that the first one left is who they died with. */
async function ingestSingly(options: BatchOptions, works: readonly DocumentWork[], signal: AbortSignal): Promise<void> {
  const { epoch } = options.batch;
  for (const [index, work] of works.entries()) {
    const others = works.slice(index + 1);
    if (index > 0 || epoch <= BLAMED_AFTER_TAKES) await ingestBatch(options, [work], signal, others);
    else {
      const message = `${epoch - 1} workers ended while they read, extracted or embedded this document`;
      const failure = {
        generation: work.record?.generation ?? 0,
        stage: 'prepare',
        error: new AppError('THREAD_FAILED', { message }),
        tries: epoch,
      } as const;
      await commitBatch(options, works, [failDocument(options, work.document, failure)], signal);
    }
  }
}

const HELD_MARGIN_MS = 20;
const SINGLY_AFTER_TAKES = 3;
const BLAMED_AFTER_TAKES = 10;
