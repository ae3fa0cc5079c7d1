/** What a database server may do to a connection, and what must not come of it. */
import t from 'tap';
import { rowsOf } from '../../src/storage/sql/query.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { acceptNew } from '../support/run-log-samples.js';
import { forEachServer } from '../support/temp-database.js';

forEachServer(t, async (t, createOpenTemp) => {
  await t.test('a connection that the server ends in the middle of a transaction fails that transaction alone', async (t) => {
    const temp = await createOpenTemp(t)();
    const [database, other] = await Promise.all([temp.open(), temp.open()]);
    const end = { postgres: 'SELECT pg_terminate_backend(?)', mysql: 'KILL ?', sqlite: '' }[temp.settings.driver];
    let ended: Promise<unknown> | undefined;
    const failing = database.transact(function* () {
      const [row] = yield* rowsOf<{ id: number }>({ sql: CONNECTION_ID[database.dialect.name], parameters: [] });
      ended = other.read({ sql: end, parameters: [row?.id] });
      for (;;) yield* rowsOf({ sql: 'SELECT 1', parameters: [] });
    });
    await t.rejects(failing, { code: 'DATABASE_UNAVAILABLE', disposition: 'retry' });
    await ended;
    t.match(await acceptNew(new SqlTaskStore(database)), { seq: 1 });
  });
});

const CONNECTION_ID = { postgres: 'SELECT pg_backend_pid() AS id', mysql: 'SELECT CONNECTION_ID() AS id', sqlite: '' } as const;
