import t, { type Test } from 'tap';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { InMemoryTaskStore } from '../support/in-memory-task-store.js';
import { forEachDialect } from '../support/temp-database.js';
import { openRunSuite, recoverySuite } from './recovery-store.js';
import { taskListSuite } from './task-list-store.js';
import { acceptSuite, commitSuite } from './task-store.js';
import { doubleTextingSuite } from './task-store-double-texting.js';
import { sessionSuite } from './task-store-sessions.js';
import { takesSuite } from './task-store-takes.js';
import { toolCallSuite } from './tool-call-store.js';

forEachDialect(t, async (t, createOpenTemp) => {
  const open = async (t: Test) => {
    const temp = await createOpenTemp(t)();
    const [first, second] = await Promise.all([temp.open(), temp.open()]);
    return [new SqlTaskStore(first), new SqlTaskStore(second)] as const;
  };
  await acceptSuite(t, open);
  await commitSuite(t, open);
  await sessionSuite(t, open);
  await takesSuite(t, open);
  await doubleTextingSuite(t, open);
  await toolCallSuite(t, open);
  await recoverySuite(t, open);
  await openRunSuite(t, open);
  await taskListSuite(t, open);
});

void t.test('in memory, for tests', async (t) => {
  const open = async () => {
    const store = new InMemoryTaskStore();
    return [store, store] as const;
  };
  await toolCallSuite(t, open);
  await recoverySuite(t, open);
  await openRunSuite(t, open);
  await taskListSuite(t, open);
});
