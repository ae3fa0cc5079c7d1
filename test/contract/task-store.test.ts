import t from 'tap';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { forEachDialect } from '../support/temp-database.js';
import { acceptSuite, commitSuite, type OpenStores } from './task-store.js';
import { doubleTextingSuite } from './task-store-double-texting.js';
import { sessionSuite } from './task-store-sessions.js';
import { takesSuite } from './task-store-takes.js';

forEachDialect(t, async (t, createOpenTemp) => {
  const open: OpenStores = async (t) => {
    const temp = await createOpenTemp(t)();
    const [first, second] = await Promise.all([temp.open(), temp.open()]);
    return [new SqlTaskStore(first), new SqlTaskStore(second)];
  };
  await acceptSuite(t, open);
  await commitSuite(t, open);
  await sessionSuite(t, open);
  await takesSuite(t, open);
  await doubleTextingSuite(t, open);
});
