import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AppError } from '../../../src/base/errors.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { poolLimits } from '../../../src/storage/sql/dialects/postgres-pool.js';

const load = (t: Test, database: object) =>
  loadSettings({ document: { databases: { main: { ...database } } }, workingDirectory: t.testdir(), environment: {} }).databases.main;

function problemsOf(t: Test, database: object) {
  try {
    load(t, database);
  } catch (error) {
    if (error instanceof AppError) return error.problems;
    throw error;
  }
  return [];
}

t.test('a database has the keys and defaults of the table; sqlite3 is sqlite, and a number may be text (CFG-55, CFG-05)', async (t) => {
  const shared = { url: '', username: '', password: '', sslMode: 'disable', maxConns: 25, maxIdle: 5 };
  t.match(load(t, { driver: 'postgres' }), { ...shared, driver: 'postgres', host: 'localhost', port: 5432, database: 'hector' });
  t.match(load(t, { driver: 'mysql' }), { ...shared, driver: 'mysql', host: 'localhost', port: 3306, database: 'hector' });
  const sqlite = load(t, { driver: 'sqlite3', database: 'own/runs.db' });
  t.match(sqlite, { driver: 'sqlite', database: /^\/.*own\/runs\.db$/ });
  t.equal(load(t, { driver: 'sqlite' })?.database.endsWith(join('.hector', 'hector.db')), true);
  t.match(
    load(t, {
      driver: 'postgres',
      host: 'db',
      port: '5433',
      database: 'runs',
      username: 'ada',
      password: 'secret words',
      ssl_mode: 'verify-full',
      max_conns: '7',
      max_idle: 2,
    }),
    {
      host: 'db',
      port: 5433,
      database: 'runs',
      username: 'ada',
      password: 'secret words',
      sslMode: 'verify-full',
      maxConns: 7,
      maxIdle: 2,
    },
  );
});

t.test('other spellings of guides are refused with the key that is meant (CFG-56)', async (t) => {
  const near: readonly (readonly [string, string])[] = [
    ['user', "did you mean 'username'"],
    ['path', "'database'"],
    ['dsn', "did you mean 'url'"],
    ['max_open_conns', "did you mean 'max_conns'"],
    ['max_idle_conns', "did you mean 'max_idle'"],
    ['conn_max_lifetime', 'after an hour'],
    ['conn_max_idle_time', 'idle for a minute'],
  ];
  for (const [key, meant] of near) {
    const [problem, ...others] = problemsOf(t, { driver: 'postgres', [key]: 'x' });
    t.match(problem, { field: `databases.main.${key}`, description: /^unknown key/ });
    t.match(problem?.description, meant);
    t.same(others, []);
  }
});

t.test('an address that cannot be read is told without being shown', async (t) => {
  const problems = [
    ...problemsOf(t, { driver: 'mysql', url: `postgres://ada:${'hush'}@db/runs` }),
    ...problemsOf(t, { driver: 'postgres', url: `postgres://ada:${'50%hush'}@db/runs` }),
    ...problemsOf(t, { driver: 'postgres', max_conns: 2, max_idle: 5 }),
  ];
  t.match(problems, [
    { field: 'databases.main.url', description: /does not fit driver 'mysql'/ },
    { field: 'databases.main.url', description: /holds a % that begins no escape; wanted %25/ },
    { field: 'databases.main.max_idle', description: /at most max_conns/ },
  ]);
  t.notMatch(JSON.stringify(problems), /hush/);
});

t.test('connections of PostgreSQL are kept while idle as max_idle says, and for an hour at most (CFG-55, CFG-57)', async (t) => {
  t.match(poolLimits({ maxConns: 25, maxIdle: 5 }), { max: 25, min: 5, maxLifetimeSeconds: 3_600 });
  t.match(poolLimits({ maxConns: 3, maxIdle: 5 }), { max: 3, min: 3 });
});
