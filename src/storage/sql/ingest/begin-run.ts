import { newId } from '../../../base/ids.js';
import { type BeginRun, INGEST_MODES, type IngestMode } from '../../../knowledge/runs/ingest-run.js';
import type { SqlDialect } from '../dialects/dialect.js';
import { keyOf } from '../knowledge-rows.js';
import { type Program, rowsOf, rowsOfAll } from '../query.js';
import { type RunRow, readRun, runShape, runTuple, storeShape } from './ingest-rows.js';
import { updateRun } from './pass-fence.js';

/** I1: one transaction, which holds the store's row, so that two who ask at once get the same run. */
export function* beginRun(dialect: SqlDialect, { store, pipeline, mode, by, at }: BeginRun): Program<RunRow> {
  const storeKey = keyOf(store);
  yield* rowsOfAll(dialect.rows.insertMissing(storeShape, [[storeKey, store]]));
  yield* rowsOfAll(dialect.rows.select(storeShape, [storeKey], { lock: true }));
  const open = yield* rowsOf<RunRow>({
    sql: 'SELECT * FROM ingest_runs WHERE open_key = ? ORDER BY created_at, run_id',
    parameters: [storeKey],
  });
  const runs = open.map(readRun);
  const queued = runs.find((row) => row.state === 'queued' && row.pipeline === pipeline);
  if (queued !== undefined) {
    const stronger = strongest(queued.mode as IngestMode, mode);
    if (stronger === queued.mode) return queued;
    const changed = { ...queued, mode: stronger, started_by: by, updated_at: at };
    yield* updateRun(dialect, changed);
    return changed;
  }
  // Behind those before it, also when clocks differ: the order of runs is that of their asking.
  const createdAt = Math.max(at, (runs.at(-1)?.created_at ?? 0) + 1);
  const row: RunRow = {
    run_id: newId(createdAt),
    store_key: storeKey,
    store,
    pipeline,
    mode,
    started_by: by,
    state: 'queued',
    open_key: storeKey,
    epoch: 0,
    total: 0,
    done: 0,
    skipped: 0,
    failed: 0,
    removed: 0,
    chunks: 0,
    unlisted: null,
    error_code: '',
    error: '',
    created_at: createdAt,
    started_at: 0,
    updated_at: at,
    finished_at: 0,
  };
  yield* rowsOfAll(dialect.rows.insert(runShape, [runTuple(row)]));
  return row;
}

function strongest(one: IngestMode, other: IngestMode): IngestMode {
  return INGEST_MODES[Math.max(INGEST_MODES.indexOf(one), INGEST_MODES.indexOf(other))] as IngestMode;
}
