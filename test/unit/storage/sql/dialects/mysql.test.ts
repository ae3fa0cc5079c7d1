import t from 'tap';
import { mysql } from '../../../../../src/storage/sql/dialects/mysql.js';

t.test('without the lock for migrations nothing is migrated, and the reason is told', (t) => {
  for (const [locked, reason] of [
    [0, /another process held it for 60 s/],
    [null, /the server could not give it/],
  ] as const) {
    const acquiring = mysql.migrationLock.acquire();
    t.match(acquiring.next().value, { sql: /GET_LOCK/ });
    t.throws(() => acquiring.next([{ locked }]), { code: 'DATABASE_BUSY', message: reason });
  }
  const acquiring = mysql.migrationLock.acquire();
  acquiring.next();
  t.equal(acquiring.next([{ locked: 1 }]).done, true);
  t.end();
});
