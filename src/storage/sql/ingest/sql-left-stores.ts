/** What dropped document stores leave in SQL; keeps what `knowledge/runs/left-stores.ts` promises. */
import type { LeftPage, LeftPlace, LeftStores } from '../../../knowledge/runs/left-stores.js';
import type { Database } from '../database.js';
import { commitChanges } from '../knowledge-commit.js';
import { collectionShape, keyOf, parts } from '../knowledge-rows.js';
import { type Program, rowsOf, rowsOfAll } from '../query.js';
import { storeShape } from './ingest-rows.js';

export class SqlLeftStores implements LeftStores {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async names(): Promise<readonly string[]> {
    return (await this.#read<{ store: string }>('SELECT store FROM ingest_stores', [])).map(({ store }) => store).sort();
  }

  async page(store: string, limit: number): Promise<LeftPage> {
    const rows = await this.#read<DocumentToTake>(
      `SELECT d.document_key, d.document_id, d.generation, d.collection_key, d.chunk_count, c.name, c.source
       FROM documents d LEFT JOIN collections c ON c.collection_key = d.collection_key
       WHERE d.store_key = ? AND d.status <> 'removed' ORDER BY d.document_key LIMIT ${Math.trunc(limit)}`,
      [keyOf(store)],
    );
    // One that nothing was ever committed to has no name yet.
    const documents = rows.map((row) => ({
      id: row.document_id,
      generation: Number(row.generation),
      collection: row.name ?? store,
      chunks: Number(row.chunk_count),
    }));
    return { documents, places: await this.#places(rows) };
  }

  async takeOut(store: string, { documents }: LeftPage, at: number) {
    let taken = 0;
    let chunks = 0;
    for (const collection of new Set(documents.map((document) => document.collection))) {
      const those = documents.filter((document) => document.collection === collection);
      const changes = those.map(({ id, generation }) => ({ type: 'remove', store, id, generation }) as const);
      const outcomes = await this.#database.transact(() => commitChanges(this.#database.dialect, collection, changes, at));
      const gone = those.filter((_, index) => outcomes[index] === 'committed');
      taken += gone.length;
      chunks += gone.reduce((sum, document) => sum + document.chunks, 0);
    }
    return { documents: taken, chunks };
  }

  async isAlone(store: string, collection: string): Promise<boolean> {
    const others = await this.#read('SELECT document_key FROM documents WHERE collection_key = ? AND store_key <> ? LIMIT 1', [
      keyOf(collection),
      keyOf(store),
    ]);
    return others.length === 0;
  }

  async forget(store: string, limit: number): Promise<boolean> {
    const storeKey = keyOf(store);
    const rows = await this.#read<{ collection_key: string }>('SELECT DISTINCT collection_key FROM documents WHERE store_key = ?', [
      storeKey,
    ]);
    for (const { collection_key: key } of rows) {
      const outcome = await this.#database.transact(() => this.#forgetCollection(storeKey, key));
      if (outcome === 'used') return false;
      if (outcome === 'forgotten' && (await this.#forgetDocuments(storeKey, key, Math.trunc(limit)))) return false;
    }
    return await this.#database.transact(() => this.#forgetRuns(storeKey));
  }

  /**
   * First, so that whoever names it from now on begins with another one, whatever is left of its records.
   * Locks as `commitChanges` does: nothing comes into it meanwhile. `shared`: its followers find out by the records what is gone (L1).
   */
  *#forgetCollection(storeKey: string, collectionKey: string): Program<'forgotten' | 'shared' | 'used'> {
    const [known] = yield* rowsOfAll(this.#database.dialect.rows.select(collectionShape, [collectionKey], { lock: true }));
    const [used] = yield* rowsOf({
      sql: "SELECT document_key FROM documents WHERE store_key = ? AND collection_key = ? AND status <> 'removed' LIMIT 1",
      parameters: [storeKey, collectionKey],
    });
    if (used !== undefined) return 'used';
    if (known === undefined) return 'forgotten';
    const [other] = yield* rowsOf({
      sql: 'SELECT document_key FROM documents WHERE collection_key = ? AND store_key <> ? LIMIT 1',
      parameters: [collectionKey, storeKey],
    });
    if (other !== undefined) return 'shared';
    yield* rowsOf({ sql: 'DELETE FROM collections WHERE collection_key = ?', parameters: [collectionKey] });
    return 'forgotten';
  }

  /** Whether there may be more. */
  async #forgetDocuments(storeKey: string, collectionKey: string, limit: number): Promise<boolean> {
    const rows = await this.#read<{ document_key: string }>(
      `SELECT document_key FROM documents WHERE store_key = ? AND collection_key = ? AND status = 'removed' ORDER BY document_key LIMIT ${limit}`,
      [storeKey, collectionKey],
    );
    const keys = rows.map(({ document_key: key }) => key);
    for (const part of parts(keys, 200))
      await this.#database.transact(function* () {
        const marks = part.map(() => '?').join(', ');
        yield* rowsOf({ sql: `DELETE FROM documents WHERE status = 'removed' AND document_key IN (${marks})`, parameters: part });
      });
    return keys.length === limit;
  }

  /** Whoever begins a run holds the store's row, so none is begun meanwhile. */
  *#forgetRuns(storeKey: string): Program<boolean> {
    yield* rowsOfAll(this.#database.dialect.rows.select(storeShape, [storeKey], { lock: true }));
    const [open] = yield* rowsOf({ sql: 'SELECT run_id FROM ingest_runs WHERE open_key = ? LIMIT 1', parameters: [storeKey] });
    if (open !== undefined) return false;
    yield* rowsOf({
      sql: 'DELETE FROM ingest_batches WHERE run_id IN (SELECT run_id FROM ingest_runs WHERE store_key = ?)',
      parameters: [storeKey],
    });
    yield* rowsOf({ sql: 'DELETE FROM ingest_runs WHERE store_key = ?', parameters: [storeKey] });
    yield* rowsOf({ sql: 'DELETE FROM ingest_stores WHERE store_key = ?', parameters: [storeKey] });
    return true;
  }

  async #places(rows: readonly DocumentToTake[]): Promise<readonly LeftPlace[]> {
    const places: LeftPlace[] = [];
    for (const [key, { name, source }] of new Map(rows.map((row) => [row.collection_key, row]))) {
      if (name === null || source === null) continue;
      const embedders = new Set<string>();
      const keys = rows.filter((row) => row.collection_key === key).map((row) => row.document_key);
      for (const part of parts(keys, 200)) {
        const found = await this.#read<{ embedder: string }>(
          `SELECT DISTINCT embedder FROM chunks WHERE document_key IN (${part.map(() => '?').join(', ')})`,
          part,
        );
        for (const { embedder } of found) embedders.add(embedder);
      }
      for (const embedder of embedders) places.push({ collection: name, source, embedder });
    }
    return places;
  }

  async #read<R = unknown>(sql: string, parameters: readonly unknown[]): Promise<readonly R[]> {
    return (await this.#database.read({ sql, parameters })) as readonly unknown[] as readonly R[];
  }
}

interface DocumentToTake {
  readonly document_key: string;
  readonly document_id: string;
  readonly generation: number;
  readonly collection_key: string;
  readonly chunk_count: number;
  readonly name: string | null;
  readonly source: string | null;
}
