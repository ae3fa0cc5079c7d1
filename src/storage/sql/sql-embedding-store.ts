/** Vectors by the text they are of, in SQL; keeps what `providers/embedders/embedding-store.ts` promises. */
import type { EmbeddingStore } from '../../providers/embedders/embedding-store.js';
import type { Database } from './database.js';
import { parts, toVector, vectorBytes } from './knowledge-rows.js';

export class SqlEmbeddingStore implements EmbeddingStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(keys: readonly string[], at: number): Promise<ReadonlyMap<string, Float32Array>> {
    const found = new Map<string, Float32Array>();
    const stale: string[] = [];
    for (const part of parts(keys, KEYS_PER_READ)) {
      const rows = await this.#read<EmbeddingRow>(
        `SELECT entry_key, used_at, vector FROM embeddings WHERE entry_key IN (${marks(part)})`,
        part,
      );
      for (const { entry_key: key, used_at: usedAt, vector } of rows) {
        found.set(key, toVector(vector));
        if (Number(usedAt) < at - USE_RESOLUTION_MS) stale.push(key);
      }
    }
    // To the day: a use costs a write once in a while, not every time.
    for (const part of parts(stale.sort(), KEYS_PER_WRITE)) {
      await this.#database.transact(function* () {
        yield { sql: `UPDATE embeddings SET used_at = ? WHERE entry_key IN (${marks(part)})`, parameters: [at, ...part] };
      });
    }
    return found;
  }

  async put(fingerprint: string, vectors: ReadonlyMap<string, Float32Array>, at: number): Promise<void> {
    const { dialect } = this.#database;
    // In the order of their keys, so that two who write the same wait for each other instead of blocking each other.
    const rows = [...vectors].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, vector]) => [key, fingerprint, at, vectorBytes(vector)]);
    for (const part of parts(rows, KEYS_PER_WRITE)) {
      await this.#database.transact(function* () {
        for (const query of dialect.rows.insertMissing(EMBEDDING, part)) yield query;
      });
    }
  }

  async forget(keys: readonly string[]): Promise<void> {
    for (const part of parts(keys, KEYS_PER_WRITE)) await this.#remove(part);
  }

  async learnDimension(fingerprint: string, dimension: number): Promise<number> {
    const find = async () =>
      (await this.#read<{ dimension: number }>('SELECT dimension FROM embedders WHERE fingerprint = ?', [fingerprint]))[0]?.dimension;
    const known = await find();
    if (known !== undefined) return Number(known);
    const { dialect } = this.#database;
    await this.#database.transact(function* () {
      for (const query of dialect.rows.insertMissing(EMBEDDER, [[fingerprint, dimension]])) yield query;
    });
    // Somebody else may have been first.
    return Number((await find()) ?? dimension);
  }

  async trim(limits: ReadonlyMap<string, number>, unusedSince: number, signal: AbortSignal): Promise<number> {
    let removed = 0;
    const remove = async (condition: string, parameters: readonly unknown[], most: number): Promise<void> => {
      for (let left = most; left > 0 && removed < MOST_PER_TRIM && !signal.aborted; ) {
        const limit = Math.min(left, KEYS_PER_WRITE);
        const rows = await this.#read<{ entry_key: string }>(
          `SELECT entry_key FROM embeddings WHERE ${condition} ORDER BY used_at LIMIT ${limit}`,
          parameters,
        );
        if (rows.length > 0) await this.#remove(rows.map((row) => row.entry_key));
        removed += rows.length;
        left = rows.length < limit ? 0 : left - rows.length;
      }
    };
    await remove('used_at < ?', [unusedSince], Number.POSITIVE_INFINITY);
    for (const [fingerprint, limit] of limits) {
      const [row] = await this.#read<{ entries: number }>('SELECT COUNT(*) AS entries FROM embeddings WHERE embedder = ?', [fingerprint]);
      await remove('embedder = ?', [fingerprint], Number(row?.entries ?? 0) - limit);
    }
    return removed;
  }

  async #remove(keys: readonly string[]): Promise<void> {
    const { dialect } = this.#database;
    await this.#database.transact(function* () {
      for (const query of dialect.rows.remove('embeddings', 'entry_key', [...keys].sort())) yield query;
    });
  }

  async #read<R>(sql: string, parameters: readonly unknown[]): Promise<readonly R[]> {
    return (await this.#database.read({ sql, parameters })) as readonly R[];
  }
}

interface EmbeddingRow {
  readonly entry_key: string;
  readonly used_at: number;
  readonly vector: Uint8Array;
}

function marks(items: readonly unknown[]): string {
  return items.map(() => '?').join(', ');
}

const EMBEDDING = { table: 'embeddings', columns: { entry_key: 'key', embedder: 'key', used_at: 'integer', vector: 'bytes' } } as const;
const EMBEDDER = { table: 'embedders', columns: { fingerprint: 'key', dimension: 'integer' } } as const;

const KEYS_PER_READ = 200;
/** Keeps a transaction, which in SQLite holds the only write lock, to a few milliseconds. */
const KEYS_PER_WRITE = 100;
const MOST_PER_TRIM = 10_000;
const USE_RESOLUTION_MS = 86_400_000;
