import t from 'tap';
import { runBounded } from '../../../src/base/run-bounded.js';

t.test('what is done in time returns or throws as it would alone; what is not is ended', async (t) => {
  t.equal(
    runBounded(1_000, () => 5, 'late'),
    5,
  );
  const error = new Error('own');
  t.throws(
    () =>
      runBounded(
        1_000,
        () => {
          throw error;
        },
        'late',
      ),
    error,
  );
  const endless = () => {
    for (;;);
  };
  t.equal(runBounded(50, endless, 'late'), 'late');
  t.equal(
    runBounded(1_000, () => runBounded(50, endless, 'inner'), 'outer'),
    'inner',
    'one within another',
  );
  t.equal(
    runBounded(1_000, () => 6, 'late'),
    6,
    'and the next one runs as before',
  );
});
