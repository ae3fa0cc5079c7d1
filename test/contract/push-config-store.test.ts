import t from 'tap';
import { SqlPushConfigStore } from '../../src/storage/sql/sql-push-config-store.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { acceptNew } from '../support/run-log-samples.js';
import { forEachDialect } from '../support/temp-database.js';
import { pushConfigSuite } from './push-config-store.js';

forEachDialect(t, async (t, createOpenTemp) => {
  await pushConfigSuite(t, async (t) => {
    const temp = await createOpenTemp(t)();
    const [first, second] = await Promise.all([temp.open(), temp.open()]);
    return { tasks: new SqlTaskStore(first), configs: new SqlPushConfigStore(first), others: new SqlPushConfigStore(second) };
  });

  await t.test('configs go with their task', async (t) => {
    const database = await (await createOpenTemp(t)()).open();
    const [tasks, configs] = [new SqlTaskStore(database), new SqlPushConfigStore(database)];
    const { id: taskId } = await acceptNew(tasks, { at: 1_000 });
    await configs.save({
      ...{ taskId, id: 'a', tenant: '', url: 'http://hook/', token: '', scheme: '', credentials: '', wireVersion: '1.0' },
      ...{ maxPerTask: 1, at: 1_000 },
    });
    await tasks.cancel(taskId, 'ada', undefined, 1_000);
    t.equal(await tasks.deleteTasks(2_000, 10), 1);
    t.same(await configs.list(taskId), []);
  });
});
