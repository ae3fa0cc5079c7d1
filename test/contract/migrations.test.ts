import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { mysql } from '../../src/storage/sql/dialects/mysql.js';
import { postgres } from '../../src/storage/sql/dialects/postgres.js';
import { sqlite } from '../../src/storage/sql/dialects/sqlite.js';
import { type MigrationTarget, migrate } from '../../src/storage/sql/migrate.js';
import { migrations } from '../../src/storage/sql/migrations/index.js';
import type { Migration } from '../../src/storage/sql/migrations/migration.js';
import type { Program, Query } from '../../src/storage/sql/query.js';
import { listKeyOf } from '../../src/storage/sql/run-log/list-key.js';
import { SqlConfigVersionStore } from '../../src/storage/sql/sql-config-version-store.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { createTable } from '../../src/storage/sql/table-definition.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import { sampleToolCall } from '../support/sample-tool-call.js';
import { forEachDialect } from '../support/temp-database.js';
import { branch, start } from './child-runs.js';

const further: Migration = {
  number: 1_000,
  name: 'further',
  statements: (dialect) =>
    createTable(dialect, {
      name: 'further',
      columns: { id: 'key', note: { kind: 'text', nullable: true }, weight: 'real', vector: 'bytes' },
      primaryKey: ['id'],
      indexes: [{ columns: ['weight'] }],
    }),
};

forEachDialect(t, async (t, createOpenTemp) => {
  await t.test('several processes may open an empty database at the same instant (SES-08, W-90)', async (t) => {
    const temp = await createOpenTemp(t)();
    const databases = await Promise.all(Array.from({ length: 6 }, () => temp.open()));
    const applied = await databases[0]?.read({ sql: 'SELECT number, name FROM schema_migrations ORDER BY number', parameters: [] });
    t.same(
      applied,
      migrations.map(({ number, name }) => ({ number, name })),
    );
  });

  await t.test('a further migration is applied once, and what is stored stays', async (t) => {
    const temp = await createOpenTemp(t)();
    const database = await temp.open();
    const versions = new SqlConfigVersionStore(database);
    await versions.save('v1', 'name: {"é": 1}', 5);
    const options = { clock: systemClock, label: 'test', migrations: [...migrations, further] };
    const second = await temp.open();
    await Promise.all([migrate(database, options), migrate(second, options)]);
    await migrate(database, options);
    t.equal(await versions.find('v1'), 'name: {"é": 1}');
    const bytes = Buffer.from([0, 1, 255]);
    const shape = { table: 'further', columns: { id: 'key', note: 'text', weight: 'real', vector: 'bytes' } } as const;
    await database.transact(function* () {
      for (const query of database.dialect.rows.insert(shape, [
        ['a', null, 0.1, bytes],
        ['b', 'n', -2.5e300, Buffer.alloc(0)],
      ]))
        yield query;
    });
    t.match(await database.read({ sql: 'SELECT * FROM further ORDER BY id', parameters: [] }), [
      { id: 'a', note: null, weight: 0.1, vector: bytes },
      { id: 'b', note: 'n', weight: -2.5e300 },
    ]);
  });

  for (const version of [1, 2, 6]) {
    await t.test(
      `a database of schema ${version} with rows in it is brought up to date, also when that was interrupted before`,
      async (t) => {
        const temp = await createOpenTemp(t)();
        const driver = await openBare(t, temp.settings);
        await migrate(driver, { clock: systemClock, label: 'test', migrations: migrations.slice(0, version) });
        await driver.transact(function* () {
          for (const query of rowsFromBefore(version)) yield query;
        });
        // MySQL keeps what was done before the interruption; the others begin anew.
        let interruptions = 0;
        for (let isDone = false; !isDone; interruptions++) {
          isDone = await interruptAfter(temp.settings, interruptions).then(
            () => true,
            (error: Error) => error.message !== 'interrupted' && Promise.reject(error),
          );
        }
        t.ok(interruptions > (version < 3 ? 20 : 10), `${interruptions} places`);
        const store = new SqlTaskStore(await temp.open());
        const none = { worker: '', heldSince: undefined, expiresAt: undefined };
        t.match(await store.find('open', undefined), { state: 'TASK_STATE_SUBMITTED', ...none });
        t.match(await store.find('ended', undefined), { state: 'TASK_STATE_COMPLETED', ...none });
        t.match(await store.openRuns({ limit: 10 }), [{ id: 'open' }]);
        t.match(
          await store.listTasks({ agent: 'helper', owner: 'ada', tenant: '', limit: 10 }),
          [
            { id: 'ended', statusAt: 15 },
            { id: 'open', statusAt: 10 },
          ],
          'each stands where its status says',
        );
        t.match(await store.take('open', 50, 'w1'), { type: 'taken', from: '' });
        const call = sampleToolCall();
        t.equal(await store.record({ taskId: 'open', epoch: 1, step: 1, toolCalls: [call], at: 60 }), 'recorded');
        t.match(await store.toolCalls('open'), [call]);
        t.equal(await store.deleteTasks(100, 10), 0, 'the migration writes no row');
        t.equal(await store.completeEnded(10), 1);
        t.equal(await store.deleteEvents(100, 10), 1, 'what ended before is found by retention');
        t.equal(await store.deleteTasks(100, 10), 1);
        t.equal(await store.deleteSessions(100, 10), 0, 'its run is at work');
        const again = await openBare(t, temp.settings);
        await again.transact(function* () {
          yield { sql: 'DELETE FROM schema_migrations WHERE number > ?', parameters: [version] };
        });
        await migrate(again, { clock: systemClock, label: 'test' });
        const open = (await store.find('open', undefined)) as TaskRecord;
        t.match(open, { worker: 'w1' }, 'nothing is done twice');
        t.notOk('child' in open || 'children' in open, "a run from before is nobody's child");
        t.same(await store.sessionState(open), {});
        await branch(store, open, { starts: [start('a')], says: [] }, { sessionState: { plan: 1 } });
        t.match(await store.children('open'), [{ task: { child: { key: 'a' } } }]);
        t.same(await store.sessionState(open), { plan: 1 });
      },
    );
  }

  await t.test('a database that a newer program has used is refused, with the cure', async (t) => {
    const temp = await createOpenTemp(t)();
    const database = await temp.open();
    await migrate(database, { clock: systemClock, label: 'test', migrations: [...migrations, further] });
    await t.rejects(temp.open(), { code: 'DATABASE_SCHEMA', message: /databases\.test: .* has schema 1000, .* newer Hector has used it/ });
  });

  await t.test('a config version is kept as first saved (R12)', async (t) => {
    const temp = await createOpenTemp(t)();
    const versions = new SqlConfigVersionStore(await temp.open());
    const others = new SqlConfigVersionStore(await temp.open());
    await Promise.all([versions.save('v1', 'text', 1), others.save('v1', 'text', 2), versions.save('v1', 'text', 3)]);
    t.equal(await versions.find('v1'), 'text');
    t.equal(await versions.find('V1'), undefined);
  });
});

/** A database as it is, without the migrations of opening it. */
async function openBare(t: Test, settings: DatabaseSettings): Promise<MigrationTarget> {
  const { dialect, driver } = await openDriver(settings);
  t.teardown(() => driver.close());
  return { dialect, transact: (program) => driver.transact(program) };
}

async function openDriver(settings: DatabaseSettings) {
  const dialect = { sqlite, postgres, mysql }[settings.driver];
  return { dialect, driver: await dialect.open(settings, { keyPath: 'databases.test', log: silentLogger, clock: systemClock }) };
}

/** Migrates, and fails in place of the statement of that number, from 0. */
async function interruptAfter(settings: DatabaseSettings, limit: number): Promise<void> {
  const { dialect, driver } = await openDriver(settings);
  try {
    await migrate(
      { dialect, transact: (program) => driver.transact(() => interrupted(program(), limit)) },
      { clock: systemClock, label: 'test' },
    );
  } finally {
    // As whoever dies: a lock that was not given back goes with the connection.
    await driver.close();
  }
}

function* interrupted<T>(program: Program<T>, limit: number): Program<T> {
  let step = program.next();
  for (let count = 0; !step.done; count++) {
    step = count === limit ? program.throw(new Error('interrupted')) : program.next(yield step.value);
  }
  return step.value;
}

/** What the run log of the schemas before 3 wrote, and from 6 on what lists need. */
function rowsFromBefore(version: number): readonly Query[] {
  const task = (id: string, state: string, openSession: string | null) => ({
    sql: `INSERT INTO tasks (id, session_key, session_id, turn, agent, owner, context_id, tenant, state, epoch, step, takes, seq,
      config_version, control, traceparent, created_at, updated_at, open_session, runnable_since)
      VALUES (?, 'key', 'ended', 1, 'helper', 'ada', 'c1', '', ?, 0, 1, 0, 3, 'v1', '{}', '', 10, 20, ?, ?)`,
    parameters: [id, state, openSession, openSession === null ? null : 20],
  });
  const session = `INSERT INTO sessions (session_key, session_id, agent, owner, context_id, last_position, last_turn, created_at, updated_at)
    VALUES ('key', 'ended', 'helper', 'ada', 'c1', 0, 2, 10, 20)`;
  const event = (id: string, seq: number, at: number, body: object) => ({
    sql: 'INSERT INTO task_events (task_id, seq, epoch, created_at, body) VALUES (?, ?, 0, ?, ?)',
    parameters: [id, seq, at, JSON.stringify(body)],
  });
  const listed = (id: string, statusAt: number) => ({
    sql: 'UPDATE tasks SET list_key = ?, status_at = ? WHERE id = ?',
    parameters: [listKeyOf({ agent: 'helper', owner: 'ada', tenant: '' }), statusAt, id],
  });
  const ended = { state: 'TASK_STATE_COMPLETED', timestamp: '1970-01-01T00:00:00.015Z' };
  return [
    task('ended', 'TASK_STATE_COMPLETED', null),
    task('open', 'TASK_STATE_SUBMITTED', 'ended'),
    { sql: session, parameters: [] },
    event('ended', 1, 10, { type: 'task.created' }),
    event('ended', 2, 16, { type: 'status.changed', status: ended }),
    event('ended', 3, 20, { type: 'artifact.updated', artifact: { artifactId: 'a', parts: [] } }),
    event('open', 1, 10, { type: 'task.created' }),
    event('open', 2, 12, { type: 'message.added' }),
    ...(version < 6 ? [] : [listed('ended', 15), listed('open', 10)]),
  ];
}
