import t, { type Test } from 'tap';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { InMemoryTaskStore } from '../support/in-memory-task-store.js';
import { forEachDialect } from '../support/temp-database.js';
import { childRunSuite } from './child-runs.js';
import { concurrentChildRunSuite } from './child-runs-concurrent.js';

forEachDialect(t, async (t, createOpenTemp) => {
  const open = async (t: Test) => {
    const temp = await createOpenTemp(t)();
    const [first, second] = await Promise.all([temp.open(), temp.open()]);
    return [new SqlTaskStore(first), new SqlTaskStore(second)] as const;
  };
  await childRunSuite(t, open);
  await concurrentChildRunSuite(t, open);
});

void t.test('in memory, for tests', async (t) => {
  const store = () => new InMemoryTaskStore();
  await childRunSuite(t, async () => {
    const one = store();
    return [one, one];
  });
});
