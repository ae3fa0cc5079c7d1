/** Statements of a transaction that need no answer yet (`isLate`): what came of them is known before the transaction is. */
import t from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/observe/log.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import type { RowShape } from '../../src/storage/sql/dialects/dialect.js';
import { late, type Query, rowsOf } from '../../src/storage/sql/query.js';
import { forEachDialect } from '../support/temp-database.js';

forEachDialect(t, async (t, createOpenTemp) => {
  const { settings } = await createOpenTemp(t)();
  // One connection: whatever is left on it meets the next test.
  const database = await openDatabase({ ...settings, maxConns: 1, maxIdle: 1 }, { name: 'test', log: silentLogger, clock: systemClock });
  t.teardown(() => database.close());
  const stored = () => database.read({ sql: 'SELECT version FROM config_versions ORDER BY version', parameters: [] });
  const clear = () =>
    database.transact(function* () {
      yield late({ sql: 'DELETE FROM config_versions', parameters: [] });
    });

  await t.test('their rows are there with the answer to the next that is not late, and what is left goes with the commit', async (t) => {
    t.teardown(clear);
    const seen = await database.transact(function* () {
      yield late(insert('a'));
      yield late(insert('b'));
      const rows = yield* rowsOf(late(versions('a')));
      t.same(yield* rowsOf(versions('b')), [{ version: 'b' }]);
      yield late(insert('c'));
      return rows;
    });
    t.same(seen, [{ version: 'a' }]);
    t.same(await stored(), [{ version: 'a' }, { version: 'b' }, { version: 'c' }]);
  });

  await t.test('one that fails takes its transaction with it, although COMMIT was on its way (R1)', async (t) => {
    t.teardown(clear);
    await t.rejects(
      database.transact(function* () {
        yield late(insert('a'));
        yield late(insert(null));
        yield late(insert('b'));
      }),
    );
    t.same(await stored(), []);
    await t.rejects(
      database.transact(function* () {
        yield late(insert(null));
        yield* rowsOf(versions('a'));
        yield insert('c');
      }),
    );
    t.same(await stored(), []);
    await database.transact(function* () {
      yield late(insert('d'));
    });
    t.same(await stored(), [{ version: 'd' }]);
  });

  await t.test('what goes in as many rows comes back as it was', async (t) => {
    t.teardown(clear);
    const rows = TEXTS.map((text, index) => [`v${index}`, text, 2 ** 53 - 1 - index]);
    await database.transact(function* () {
      for (const query of database.dialect.rows.insert(VERSION, rows)) yield late(query);
    });
    const found = await database.read({ sql: 'SELECT version, body, created_at FROM config_versions ORDER BY version', parameters: [] });
    t.same(
      found.map((row) => Object.values(row)),
      rows,
    );
  });
});

function insert(version: string | null): Query {
  return { sql: "INSERT INTO config_versions (version, body, created_at) VALUES (?, '', 0)", parameters: [version] };
}

function versions(version: string): Query {
  return { sql: 'SELECT version FROM config_versions WHERE version = ?', parameters: [version] };
}

const VERSION: RowShape = { table: 'config_versions', columns: { version: 'key', body: 'text', created_at: 'integer' } };
const TEXTS = ['', 'NULL', '{}', '{"a":"\\\\\\"b"}', 'back\\slash', 'say "so", {then}', "it's\nnew\tlines", 'größer 漢字 🙂', '  '];
