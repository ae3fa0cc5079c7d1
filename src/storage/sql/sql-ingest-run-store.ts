/** Ingest runs in SQL; keeps what `knowledge/runs/ingest-run.ts` promises. */
import type { RunFence } from '../../knowledge/runs/ingest-fence.js';
import {
  type BeginRun,
  batchKey,
  type IngestRun,
  type IngestRunStore,
  type OpenBatch,
  type ScanPage,
  type TakenBatch,
} from '../../knowledge/runs/ingest-run.js';
import type { Database } from './database.js';
import { beginRun } from './ingest/begin-run.js';
import { IngestDocuments } from './ingest/ingest-documents.js';
import { type BatchRow, batchShape, type RunRow, toDocuments, toRun } from './ingest/ingest-rows.js';
import { addCounts, lockFenced, lockRun, updateRun } from './ingest/pass-fence.js';
import { recordPage } from './ingest/record-page.js';
import { keyOf } from './knowledge-rows.js';
import { type Program, rowsOf, rowsOfAll } from './query.js';

export class SqlIngestRunStore extends IngestDocuments implements IngestRunStore {
  readonly #database: Database;
  readonly #keptRuns: number;

  /** @param keptRuns ended ones of each store */
  constructor(database: Database, keptRuns = 100) {
    super(database);
    this.#database = database;
    this.#keptRuns = keptRuns;
  }

  async begin(request: BeginRun): Promise<IngestRun> {
    return toRun(await this.#database.transact(() => beginRun(this.#database.dialect, request)));
  }

  async find(id: string): Promise<IngestRun | undefined> {
    return (await this.#runs('SELECT * FROM ingest_runs WHERE run_id = ?', [id]))[0];
  }

  async open(): Promise<readonly IngestRun[]> {
    return await this.#runs(`SELECT * FROM ingest_runs WHERE open_key > '' ORDER BY created_at, run_id`, []);
  }

  async list(query: {
    readonly store: string | undefined;
    readonly before: string;
    readonly limit: number;
  }): Promise<readonly IngestRun[]> {
    const { store, before, limit } = query;
    const conditions = [...(store === undefined ? [] : ['store_key = ?']), ...(before === '' ? [] : ['run_id < ?'])];
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    return await this.#runs(`SELECT * FROM ingest_runs${where} ORDER BY run_id DESC LIMIT ${Math.trunc(limit)}`, [
      ...(store === undefined ? [] : [keyOf(store)]),
      ...(before === '' ? [] : [before]),
    ]);
  }

  async take(id: string, at: number): Promise<IngestRun | undefined> {
    const { dialect } = this.#database;
    return await this.#database.transact(function* (): Program<IngestRun | undefined> {
      const row = yield* lockRun(dialect, id);
      if (row === undefined || row.open_key === null) return undefined;
      const [oldest] = yield* rowsOf<RunRow>({
        sql: 'SELECT run_id FROM ingest_runs WHERE open_key = ? ORDER BY created_at, run_id LIMIT 1',
        parameters: [row.open_key],
      });
      if (oldest?.run_id !== id) return undefined;
      const isNew = row.state === 'queued';
      const taken = {
        ...row,
        ...(isNew ? { state: 'scanning', started_at: at } : {}),
        epoch: row.epoch + 1,
        updated_at: at,
      };
      yield* updateRun(dialect, taken);
      return toRun(taken);
    });
  }

  async recordPage(fence: RunFence, store: string, page: ScanPage, at: number): Promise<void> {
    await this.#database.transact(() => recordPage(this.#database.dialect, fence, store, page, at));
  }

  endScan(fence: RunFence, { unlisted, error }: Pick<IngestRun, 'unlisted' | 'error'>, at: number): Promise<IngestRun> {
    return this.#change(fence, at, (row) => ({
      ...row,
      ...errorColumns(error),
      // Nothing is removed after a scan that failed.
      state: error === undefined ? 'removing' : 'indexing',
      unlisted: unlisted === undefined ? null : JSON.stringify(unlisted),
    }));
  }

  endRemoval(fence: RunFence, error: IngestRun['error'], at: number): Promise<IngestRun> {
    return this.#change(fence, at, (row) => ({ ...row, ...(error === undefined ? {} : errorColumns(error)), state: 'indexing' }));
  }

  async end(fence: RunFence, at: number): Promise<IngestRun> {
    const ended = await this.#change(fence, at, (row) => toEnded(row, row.error_code === '' ? 'finished' : 'failed', at));
    await this.#forgetOld(ended.store);
    return ended;
  }

  async cancel(id: string, reason: string, at: number): Promise<IngestRun | undefined> {
    return await this.#stop(id, 'canceled', { code: 'INGEST_LOST', message: reason }, at);
  }

  async fail(id: string, error: NonNullable<IngestRun['error']>, at: number): Promise<IngestRun | undefined> {
    return await this.#stop(id, 'failed', error, at);
  }

  async batches(run: string, limit: number): Promise<readonly OpenBatch[]> {
    const sql = `SELECT number, epoch FROM ingest_batches WHERE run_id = ? ORDER BY number LIMIT ${Math.trunc(limit)}`;
    const rows = (await this.#database.read({ sql, parameters: [run] })) as readonly Pick<BatchRow, 'number' | 'epoch'>[];
    return rows.map(({ number, epoch }) => ({ number: Number(number), epoch: Number(epoch) }));
  }

  async takeBatch(runId: string, number: number): Promise<TakenBatch | undefined> {
    const { dialect } = this.#database;
    return await this.#database.transact(function* (): Program<TakenBatch | undefined> {
      const run = yield* lockRun(dialect, runId);
      if (run === undefined || run.open_key === null) return undefined;
      const key = batchKey(runId, number);
      const [batch] = yield* rowsOfAll<BatchRow>(dialect.rows.select(batchShape, [key], { lock: true }));
      if (batch === undefined) return undefined;
      const epoch = Number(batch.epoch) + 1;
      yield* rowsOfAll(dialect.rows.update(batchShape, [[key, runId, number, epoch, batch.documents]]));
      return { run: toRun(run), number, epoch, documents: toDocuments(batch) };
    });
  }

  async #stop(id: string, state: 'canceled' | 'failed', error: IngestRun['error'], at: number): Promise<IngestRun | undefined> {
    const { dialect } = this.#database;
    return await this.#database.transact(function* (): Program<IngestRun | undefined> {
      const row = yield* lockRun(dialect, id);
      if (row === undefined || row.open_key === null) return undefined;
      yield* rowsOfAll(dialect.rows.remove(batchShape.table, 'run_id', [id]));
      const stopped = { ...toEnded(addCounts(row, {}, at), state, at), ...errorColumns(error) };
      yield* updateRun(dialect, stopped);
      return toRun(stopped);
    });
  }

  async #change(fence: RunFence, at: number, change: (row: RunRow) => RunRow): Promise<IngestRun> {
    const { dialect } = this.#database;
    return await this.#database.transact(function* (): Program<IngestRun> {
      const row = yield* lockFenced(dialect, fence);
      const next = { ...change(row), updated_at: at };
      yield* updateRun(dialect, next);
      return toRun(next);
    });
  }

  async #forgetOld(store: string): Promise<void> {
    const sql = `SELECT run_id FROM ingest_runs WHERE store_key = ? AND open_key IS NULL ORDER BY run_id DESC LIMIT ${FORGOTTEN_AT_ONCE} OFFSET ${this.#keptRuns}`;
    const old = (await this.#database.read({ sql, parameters: [keyOf(store)] })) as readonly { readonly run_id: string }[];
    if (old.length === 0) return;
    const { dialect } = this.#database;
    await this.#database.transact(() =>
      rowsOfAll(
        dialect.rows.remove(
          'ingest_runs',
          'run_id',
          old.map((row) => row.run_id),
        ),
      ),
    );
  }

  async #runs(sql: string, parameters: readonly unknown[]): Promise<readonly IngestRun[]> {
    return ((await this.#database.read({ sql, parameters })) as readonly unknown[] as readonly RunRow[]).map(toRun);
  }
}

function toEnded(row: RunRow, state: 'finished' | 'failed' | 'canceled', at: number): RunRow {
  return { ...row, state, open_key: null, finished_at: at };
}

function errorColumns(error: IngestRun['error']): Pick<RunRow, 'error_code' | 'error'> {
  return { error_code: error?.code ?? '', error: error?.message ?? '' };
}

const FORGOTTEN_AT_ONCE = 100;
