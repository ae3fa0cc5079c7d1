import t from 'tap';
import { Roll } from '../../../src/base/roll.js';

t.test('members come and go in any order', async (t) => {
  const roll = new Roll<{ place: number; readonly name: string }>();
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => ({ name, place: -1 })) as [never, never, never, never];
  const names = () => roll.list().map(({ name }) => name);
  for (const member of [a, b, c, d]) roll.add(member);
  roll.delete(b);
  t.same(names(), ['a', 'd', 'c']);
  roll.delete(b);
  t.same(names(), ['a', 'd', 'c'], 'one that has left is not taken for the one that stands in its place');
  roll.delete(c);
  roll.delete(d);
  roll.add(b);
  t.same(names(), ['a', 'b']);
  roll.delete(b);
  roll.delete(a);
  t.equal(roll.size, 0);
});
