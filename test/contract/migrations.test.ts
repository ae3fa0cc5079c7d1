import t from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { migrate } from '../../src/storage/sql/migrate.js';
import { migrations } from '../../src/storage/sql/migrations/index.js';
import type { Migration } from '../../src/storage/sql/migrations/migration.js';
import { SqlConfigVersionStore } from '../../src/storage/sql/sql-config-version-store.js';
import { createTable } from '../../src/storage/sql/table-definition.js';
import { forEachDialect } from '../support/temp-database.js';

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
  await t.test('several processes may open an empty database at the same instant', async (t) => {
    const temp = await createOpenTemp(t)();
    const databases = await Promise.all(Array.from({ length: 6 }, () => temp.open()));
    const applied = await databases[0]?.kysely.selectFrom('schema_migrations').select(['number', 'name']).execute();
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
