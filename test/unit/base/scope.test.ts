import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { createScope } from '../../../src/base/scope.js';

const colour = createScope<string>();
const size = createScope<number>();
const both = () => [colour.find(), size.find()];

t.test('what is known to a piece of work is known to all that it begins, and to nobody else', async (t) => {
  const seen: unknown[] = [];
  const late = colour.within('red', async () => {
    await turn();
    seen.push(both());
    await size.within(3, async () => {
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      seen.push(both());
      colour.within('blue', () => seen.push(both()));
      seen.push(both());
    });
    seen.push(both());
  });
  t.same(both(), [undefined, undefined]);
  await size.within(7, async () => {
    await late;
    seen.push(both());
  });
  t.same(seen, [
    ['red', undefined],
    ['red', 3],
    ['blue', 3],
    ['red', 3],
    ['red', undefined],
    [undefined, 7],
  ]);
});

t.test('a throw leaves what was known before', async (t) => {
  t.throws(() =>
    colour.within('red', () => {
      throw new Error('no');
    }),
  );
  t.equal(colour.find(), undefined);
});
