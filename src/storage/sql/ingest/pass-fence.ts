/** Inside a transaction: whoever writes for a run, or for a batch of it, still may (I2, I3), and what that adds to the run (I4). */
import { AppError } from '../../../base/errors.js';
import type { CommitFence, RunFence } from '../../../knowledge/runs/ingest-fence.js';
import { batchKey, type IngestCounts } from '../../../knowledge/runs/ingest-run.js';
import type { SqlDialect } from '../dialects/dialect.js';
import { type Program, rowsOfAll } from '../query.js';
import { type BatchRow, batchShape, type RunRow, readRun, runShape, runTuple } from './ingest-rows.js';

export type AddedCounts = Partial<IngestCounts>;

/** @throws AppError `INGEST_LOST`, which takes the transaction back */
export function* passFence(dialect: SqlDialect, fence: CommitFence, added: AddedCounts, at: number): Program<void> {
  const row = yield* lockRun(dialect, fence.run);
  if (row === undefined || row.open_key === null) throw lost(fence.run);
  if (fence.type === 'run') {
    if (row.epoch !== fence.epoch) throw lost(fence.run);
  } else {
    const key = batchKey(fence.run, fence.number);
    const [batch] = yield* rowsOfAll<BatchRow>(dialect.rows.select(batchShape, [key], { lock: true }));
    if (batch === undefined || Number(batch.epoch) !== fence.epoch) throw lost(fence.run);
    if (fence.left.length === 0) yield* rowsOfAll(dialect.rows.remove(batchShape.table, 'batch_id', [key]));
    else yield* rowsOfAll(dialect.rows.update(batchShape, [[key, fence.run, fence.number, fence.epoch, JSON.stringify(fence.left)]]));
  }
  yield* updateRun(dialect, addCounts(row, added, at));
}

/** The run's row, locked, if `fence` still holds. @throws AppError `INGEST_LOST` */
export function* lockFenced(dialect: SqlDialect, fence: RunFence): Program<RunRow> {
  const row = yield* lockRun(dialect, fence.run);
  if (row === undefined || row.open_key === null || row.epoch !== fence.epoch) throw lost(fence.run);
  return row;
}

export function* lockRun(dialect: SqlDialect, id: string): Program<RunRow | undefined> {
  const [row] = yield* rowsOfAll<RunRow>(dialect.rows.select(runShape, [id], { lock: true }));
  return row === undefined ? undefined : readRun(row);
}

export function* updateRun(dialect: SqlDialect, row: RunRow): Program<void> {
  yield* rowsOfAll(dialect.rows.update(runShape, [runTuple(row)]));
}

export function addCounts(row: RunRow, added: AddedCounts, at: number): RunRow {
  return {
    ...row,
    total: row.total + (added.total ?? 0),
    done: row.done + (added.done ?? 0),
    skipped: row.skipped + (added.skipped ?? 0),
    failed: row.failed + (added.failed ?? 0),
    removed: row.removed + (added.removed ?? 0),
    chunks: row.chunks + (added.chunks ?? 0),
    updated_at: at,
  };
}

function lost(run: string): AppError {
  return new AppError('INGEST_LOST', { message: `The ingest run ${run} goes on elsewhere or was canceled` });
}
