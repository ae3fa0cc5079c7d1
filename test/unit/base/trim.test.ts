import t from 'tap';
import { readWord } from '../../../src/agents/llm/read-decisions.js';
import { trimEndOf, trimLineEnds } from '../../../src/base/trim.js';

t.test('ends lose what they are asked to lose, and nothing before it', async (t) => {
  t.equal(trimEndOf('http://a/b//', '/'), 'http://a/b');
  t.equal(trimEndOf('a/b', '/'), 'a/b');
  t.equal(trimEndOf('!.!', '.!'), '');
  t.equal(trimLineEnds('a \t\n  b  \n\n c '), 'a\n  b\n\n c ');
});

t.test('a message of millions of signs is read in no time (SEC-15)', async (t) => {
  const long = `${'!'.repeat(2_000_000)}x`;
  const start = performance.now();
  t.equal(readWord(long), undefined);
  t.equal(trimLineEnds(`${' '.repeat(2_000_000)}x`).length, 2_000_001);
  t.ok(performance.now() - start < 1_000);
  t.match(readWord('Approved!!'), { type: 'approve' });
});
