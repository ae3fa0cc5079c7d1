import t from 'tap';
import { KeyedRoll } from '../../../src/base/keyed-roll.js';

t.test('members come and go in any order and are found by their keys', async (t) => {
  const roll = new KeyedRoll<number>();
  for (const [index, key] of ['a', 'b', 'c', 'd'].entries()) roll.set(key, index);
  roll.delete('b');
  t.same(roll.keys(), ['a', 'd', 'c']);
  t.same(roll.list(), [0, 3, 2]);
  t.equal(roll.get('d'), 3, 'one that took the place of another is found there');
  t.equal(roll.get('b'), undefined);
  roll.delete('b');
  t.equal(roll.size, 3, 'a key that is gone takes nobody with it');
  roll.set('d', 7);
  t.equal(roll.get('d'), 7);
  t.equal(roll.size, 3);
  roll.delete('c');
  roll.delete('a');
  t.ok(roll.has('d'));
  t.notOk(roll.has('a'));
  roll.delete('d');
  t.same([roll.size, roll.keys(), roll.list()], [0, [], []]);
});

t.test('a roll agrees with a Map', async (t) => {
  const roll = new KeyedRoll<number>();
  const map = new Map<string, number>();
  let random = 1;
  for (let step = 0; step < 2_000; step += 1) {
    random = (random * 48_271) % 2_147_483_647;
    const key = String(random % 40);
    if (random % 3 === 0) {
      roll.delete(key);
      map.delete(key);
    } else {
      roll.set(key, step);
      map.set(key, step);
    }
  }
  t.same([...roll.keys()].sort(), [...map.keys()].sort());
  for (const [key, value] of map) t.equal(roll.get(key), value);
});
