import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { WalSync } from '../../../../../src/storage/sql/dialects/wal-sync.js';

t.test('a log that could not be opened is opened anew by the next flush (S5)', async (t) => {
  const path = join(t.testdir(), 'hector.db-wal');
  const wal = new WalSync(path);
  t.teardown(() => wal.close());
  const [first, second] = await Promise.allSettled([wal.flush(), wal.flush()]);
  t.match(
    [first, second],
    [
      { status: 'rejected', reason: { code: 'ENOENT' } },
      { status: 'rejected', reason: { code: 'ENOENT' } },
    ],
  );
  writeFileSync(path, '');
  await wal.flush();
  await wal.flush();
});

t.test('a log that could not be opened does not keep it from closing', async (t) => {
  const wal = new WalSync(join(t.testdir(), 'no such folder', 'hector.db-wal'));
  const flushed = wal.flush();
  const closed = wal.close();
  await t.rejects(flushed, { code: 'ENOENT' });
  await closed;
  await wal.close();
});
