import type { Clock } from '../../base/clock.js';
import { newId } from '../../base/ids.js';
import type { Database } from './database.js';
import { SqlConfigVersionStore } from './sql-config-version-store.js';

/**
 * Whether two names of the configuration lead to one database. Asked by writing into one and looking into the other: hosts
 * have several names, files have links, and moving rows from a database to itself would delete them.
 */
export async function isSameDatabase(one: Database, other: Database, clock: Clock): Promise<boolean> {
  const mark = `probe.${newId(clock.now())}`;
  const versions = new SqlConfigVersionStore(one);
  await versions.save(mark, '', clock.now());
  try {
    return (await new SqlConfigVersionStore(other).find(mark)) !== undefined;
  } finally {
    await versions.delete(mark);
  }
}
