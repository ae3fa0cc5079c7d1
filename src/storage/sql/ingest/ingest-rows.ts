/** Rows of ingest runs and their batches. */
import type { ErrorCode } from '../../../base/errors.js';
import type { DocumentReference } from '../../../knowledge/runs/ingest-fence.js';
import type { IngestMode, IngestRun, IngestState } from '../../../knowledge/runs/ingest-run.js';
import type { RowShape } from '../dialects/dialect.js';

export interface RunRow {
  readonly run_id: string;
  readonly store_key: string;
  readonly store: string;
  readonly pipeline: string;
  readonly mode: string;
  readonly started_by: string;
  readonly state: string;
  /** The store's key until the run has ended. */
  readonly open_key: string | null;
  readonly epoch: number;
  readonly total: number;
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly removed: number;
  readonly chunks: number;
  /** JSON; null = nothing may be taken as deleted. */
  readonly unlisted: string | null;
  /** '' = no error. */
  readonly error_code: string;
  readonly error: string;
  readonly created_at: number;
  readonly started_at: number;
  readonly updated_at: number;
  readonly finished_at: number;
}

export interface BatchRow {
  readonly batch_id: string;
  readonly run_id: string;
  readonly number: number;
  readonly epoch: number;
  /** JSON. */
  readonly documents: string;
}

export const runShape = {
  table: 'ingest_runs',
  columns: {
    run_id: 'key',
    store_key: 'key',
    store: 'text',
    pipeline: 'key',
    mode: 'key',
    started_by: 'text',
    state: 'key',
    open_key: 'key',
    epoch: 'integer',
    total: 'integer',
    done: 'integer',
    skipped: 'integer',
    failed: 'integer',
    removed: 'integer',
    chunks: 'integer',
    unlisted: 'text',
    error_code: 'key',
    error: 'text',
    created_at: 'integer',
    started_at: 'integer',
    updated_at: 'integer',
    finished_at: 'integer',
  },
} as const satisfies RowShape;

export const batchShape = {
  table: 'ingest_batches',
  columns: { batch_id: 'key', run_id: 'key', number: 'integer', epoch: 'integer', documents: 'text' },
} as const satisfies RowShape;

export const storeShape = { table: 'ingest_stores', columns: { store_key: 'key', store: 'text' } } as const satisfies RowShape;

export function runTuple(row: RunRow): readonly unknown[] {
  return RUN_COLUMNS.map((column) => row[column]);
}

const RUN_COLUMNS = Object.keys(runShape.columns) as (keyof RunRow)[];

/** Drivers may give integers as text. */
export function readRun(row: RunRow): RunRow {
  const integers = RUN_COLUMNS.filter((column) => runShape.columns[column] === 'integer');
  return { ...row, ...Object.fromEntries(integers.map((column) => [column, Number(row[column])])) };
}

export function toRun(given: RunRow): IngestRun {
  const row = readRun(given);
  return {
    id: row.run_id,
    store: row.store,
    pipeline: row.pipeline,
    mode: row.mode as IngestMode,
    by: row.started_by,
    state: row.state as IngestState,
    epoch: row.epoch,
    total: row.total,
    done: row.done,
    skipped: row.skipped,
    failed: row.failed,
    removed: row.removed,
    chunks: row.chunks,
    unlisted: row.unlisted === null ? undefined : (JSON.parse(row.unlisted) as readonly string[]),
    error: row.error_code === '' ? undefined : { code: row.error_code as ErrorCode, message: row.error },
    createdAt: row.created_at,
    startedAt: row.started_at,
    updatedAt: row.updated_at,
    finishedAt: row.finished_at,
  };
}

export function toDocuments(row: BatchRow): readonly DocumentReference[] {
  return JSON.parse(row.documents) as readonly DocumentReference[];
}
