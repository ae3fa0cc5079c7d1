/** Documents as ingestion and whoever manages them ask for them. */
import { type DocumentRecord, documentKey } from '../../../knowledge/chunk-store.js';
import type { DocumentCounts, DocumentQuery, StoredText } from '../../../knowledge/runs/ingest-run.js';
import type { Database } from '../database.js';
import { type DocumentRow, documentShape, keyOf, toRecord } from '../knowledge-rows.js';
import { type Program, rowsOf, rowsOfAll } from '../query.js';

export class IngestDocuments {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async unseen(store: string, run: string, afterKey: string, limit: number): Promise<readonly DocumentRecord[]> {
    return await this.#documents(
      `SELECT * FROM documents WHERE store_key = ? AND document_key > ? AND status <> 'removed' AND (seen_run IS NULL OR seen_run <> ?)
       ORDER BY document_key LIMIT ${Math.trunc(limit)}`,
      [keyOf(store), afterKey, run],
    );
  }

  async documents({ store, status, error, afterKey, limit }: DocumentQuery): Promise<readonly DocumentRecord[]> {
    const conditions = ['store_key = ?', 'document_key > ?', status === undefined ? "status <> 'removed'" : 'status = ?'];
    // `!`: a backslash means different things to different databases.
    if (error !== undefined) conditions.push("last_error LIKE ? ESCAPE '!'");
    return await this.#documents(
      `SELECT * FROM documents WHERE ${conditions.join(' AND ')} ORDER BY document_key LIMIT ${Math.trunc(limit)}`,
      [
        keyOf(store),
        afterKey,
        ...(status === undefined ? [] : [status]),
        ...(error === undefined ? [] : [`%${error.replace(/[!%_]/g, '!$&')}%`]),
      ],
    );
  }

  async texts(store: string, id: string, fromIndex: number, limit: number): Promise<readonly StoredText[]> {
    const rows = (await this.#database.read({
      sql: `SELECT chunk_index, content, start_line, end_line FROM chunks WHERE document_key = ? AND chunk_index >= ? ORDER BY chunk_index LIMIT ${Math.trunc(limit)}`,
      parameters: [documentKey(store, id), fromIndex],
    })) as readonly unknown[] as readonly TextRow[];
    return rows.map((row) => ({
      index: Number(row.chunk_index),
      text: row.content,
      startLine: Number(row.start_line),
      endLine: Number(row.end_line),
    }));
  }

  async documentCounts(store: string): Promise<DocumentCounts> {
    const rows = (await this.#database.read({
      sql: 'SELECT status, COUNT(*) AS documents, SUM(chunk_count) AS chunks FROM documents WHERE store_key = ? GROUP BY status',
      parameters: [keyOf(store)],
    })) as readonly unknown[] as readonly StatusRow[];
    const of = (status: string) => Number(rows.find((row) => row.status === status)?.documents ?? 0);
    const chunks = rows.reduce((sum, row) => sum + Number(row.chunks), 0);
    return { indexed: of('indexed'), failed: of('failed'), pending: of('pending'), deleted: of('deleted'), chunks };
  }

  async forgetVersion(store: string, id: string): Promise<boolean> {
    const { dialect } = this.#database;
    const key = documentKey(store, id);
    return await this.#database.transact(function* (): Program<boolean> {
      const [row] = yield* rowsOfAll<DocumentRow>(dialect.rows.select(documentShape, [key], { lock: true }));
      if (row === undefined || row.status === 'removed') return false;
      // What was deleted by hand comes back; what is indexed stays so until its new chunks are there.
      yield* rowsOf({
        sql: `UPDATE documents SET pipeline = '', failed_state = '', status = ? WHERE document_key = ?`,
        parameters: [row.status === 'deleted' ? 'pending' : row.status, key],
      });
      return true;
    });
  }

  async #documents(sql: string, parameters: readonly unknown[]): Promise<readonly DocumentRecord[]> {
    return ((await this.#database.read({ sql, parameters })) as readonly unknown[] as readonly DocumentRow[]).map(toRecord);
  }
}

interface TextRow {
  readonly chunk_index: number;
  readonly content: string;
  readonly start_line: number;
  readonly end_line: number;
}

interface StatusRow {
  readonly status: string;
  readonly documents: number;
  readonly chunks: number;
}
