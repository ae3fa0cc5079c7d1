/** What tests look at and change in tables themselves, in any dialect. */
import type { Database } from '../../src/storage/sql/database.js';
import type { Row } from '../../src/storage/sql/query.js';

export function select(database: Pick<Database, 'read'>, sql: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> {
  return database.read({ sql, parameters });
}

export async function execute(database: Pick<Database, 'transact'>, sql: string, parameters: readonly unknown[]): Promise<void> {
  await database.transact(function* () {
    yield { sql, parameters };
  });
}
