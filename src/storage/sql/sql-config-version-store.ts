import type { ConfigVersionStore } from '../../tasks/task-store.js';
import type { Database } from './database.js';
import { rowsOf } from './query.js';

/** R12. A version is the hash of its text, so a stored one never changes. */
export class SqlConfigVersionStore implements ConfigVersionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async save(version: string, text: string, at: number): Promise<void> {
    const { dialect } = this.#database;
    await this.#database.transact(function* () {
      const known = yield* rowsOf({ sql: 'SELECT 1 FROM config_versions WHERE version = ?', parameters: [version] });
      if (known.length > 0) return;
      for (const query of dialect.rows.insert(CONFIG_VERSION, [[version, text, at]])) yield query;
    });
  }

  async find(version: string): Promise<string | undefined> {
    const [row] = await this.#database.read({ sql: 'SELECT body FROM config_versions WHERE version = ?', parameters: [version] });
    return row?.['body'] as string | undefined;
  }

  async delete(version: string): Promise<void> {
    await this.#database.transact(function* () {
      yield { sql: 'DELETE FROM config_versions WHERE version = ?', parameters: [version] };
    });
  }
}

const CONFIG_VERSION = { table: 'config_versions', columns: { version: 'key', body: 'text', created_at: 'integer' } } as const;
