import { join } from 'node:path';
import t from 'tap';
import { expandPattern } from '../../../../../src/providers/tools/adapters/command/expand-pattern.js';

t.test('a pattern fits at least what the shell would find', async (t) => {
  const folder = t.testdir({ 'a.txt': '', 'ab.txt': '', 'b.md': '', sub: { 'c.txt': '' } });
  const found = (pattern: string) => expandPattern(folder, pattern).map((path) => path.slice(folder.length + 1));
  t.same(found('*.txt'), ['a.txt', 'ab.txt']);
  t.same(found('a?.txt'), ['ab.txt']);
  t.same(found('[a-b].*'), ['a.txt', 'b.md']);
  t.same(found('s*/*.txt'), ['sub/c.txt']);
  t.same(found('*x'), []);
  t.same(found('**'), ['a.txt', 'ab.txt', 'b.md', 'sub']);
});

t.test('a pattern of many stars and a long name are decided in no time (SEC-15)', async (t) => {
  const name = 'a'.repeat(250);
  const folder = t.testdir({ [name]: '' });
  const start = performance.now();
  t.same(expandPattern(folder, `${'*a'.repeat(40)}b`), []);
  t.same(expandPattern(folder, '*a'.repeat(40)), [join(folder, name)]);
  t.ok(performance.now() - start < 1_000);
});
