import t from 'tap';
import { TurnReads } from '../../../../../src/storage/sql/dialects/turn-reads.js';
import type { Query } from '../../../../../src/storage/sql/query.js';

const query = (sql: string): Query => ({ sql, parameters: [], polledAs: sql });

function start({ read = (_sql: string): void => undefined, begin = (): void => undefined } = {}) {
  const said: string[] = [];
  const reads = new TurnReads({
    begin() {
      said.push('BEGIN');
      begin();
    },
    read({ sql }) {
      said.push(sql);
      read(sql);
      return [{ sql }];
    },
    end: () => void said.push('COMMIT'),
  });
  return { said, reads };
}

t.test('what is asked within a turn is read in one transaction, which has ended when the first is answered', async (t) => {
  const { said, reads } = start();
  const first = reads.read(query('a')).then((rows) => [rows, said.at(-1)]);
  await Promise.resolve();
  const second = reads.read(query('b'));
  t.same(said, [], 'nothing is read before the turn is over: what is committed until then is seen');
  t.same(await first, [[{ sql: 'a' }], 'COMMIT']);
  t.same(await second, [{ sql: 'b' }]);
  t.same(said, ['BEGIN', 'a', 'b', 'COMMIT']);
  said.length = 0;
  await reads.read(query('c'));
  t.same(said, ['c'], 'one alone needs none');
});

t.test('one that fails fails alone, and without a transaction all fail', async (t) => {
  const busy = new Error('busy');
  const { said, reads } = start({
    read: (sql) => {
      if (sql === 'bad') throw busy;
    },
  });
  const outcomes = await Promise.allSettled(['a', 'bad', 'b'].map((sql) => reads.read(query(sql))));
  t.match(outcomes, [{ status: 'fulfilled' }, { status: 'rejected', reason: busy }, { status: 'fulfilled' }]);
  t.equal(said.at(-1), 'COMMIT');
  const closed = start({
    begin: () => {
      throw busy;
    },
  });
  t.match(await Promise.allSettled(['a', 'b'].map((sql) => closed.reads.read(query(sql)))), [
    { status: 'rejected', reason: busy },
    { status: 'rejected', reason: busy },
  ]);
});
