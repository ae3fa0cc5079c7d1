/** What the API shows of document stores, documents and ingest runs: pure. */
import { isoTime } from '../base/clock.js';
import type { JsonObject } from '../base/json.js';
import type { DocumentRecord } from '../knowledge/chunk-store.js';
import type { IngestRun } from '../knowledge/runs/ingest-run.js';
import { measureRun } from '../knowledge/runs/measure-run.js';

export function viewDocument(record: DocumentRecord): JsonObject {
  return {
    id: record.id,
    title: record.title,
    status: record.status,
    chunks: record.chunkCount,
    bytes: record.bytes,
    ...(record.modifiedAt === 0 ? {} : { modified_at: isoTime(record.modifiedAt) }),
    updated_at: isoTime(record.updatedAt),
    ...(record.status === 'failed'
      ? { failure: { stage: record.stage, attempts: record.attempts, message: record.lastError, final: record.failedState !== '' } }
      : {}),
  };
}

export function viewRun(run: IngestRun, now: number): JsonObject {
  const { worked, perSecond, leftMs } = measureRun(run, now);
  return {
    id: run.id,
    store: run.store,
    state: run.state,
    mode: run.mode,
    by: run.by,
    total: run.total,
    worked,
    indexed: run.done,
    unchanged: run.skipped,
    failed: run.failed,
    removed: run.removed,
    chunks: run.chunks,
    documents_per_second: Math.round(perSecond * 10) / 10,
    ...(leftMs === undefined ? {} : { left_ms: Math.round(leftMs) }),
    ...(run.error === undefined ? {} : { error: { code: run.error.code, message: run.error.message } }),
    created_at: isoTime(run.createdAt),
    ...(run.startedAt === 0 ? {} : { started_at: isoTime(run.startedAt) }),
    updated_at: isoTime(run.updatedAt),
    ...(run.finishedAt === 0 ? {} : { finished_at: isoTime(run.finishedAt) }),
  };
}
