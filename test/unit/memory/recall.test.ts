import t from 'tap';
import { rankWords } from '../../../src/memory/recall/rank-words.js';
import { splitWords } from '../../../src/memory/recall/split-words.js';

t.test('words are the same however they are written, and where scripts put no spaces they are pairs (MEM-01)', async (t) => {
  t.same(splitWords("Café CAFE\u0301 cafe, the-cafe's"), ['xxcafe', 'xxthe', 'xxs']);
  t.same(splitWords('東京の天気 in 2026'), ['xx東京', 'xx京の', 'xxの天', 'xx天気', 'xxin', 'xx2026']);
  t.same(splitWords('猫'), ['xx猫']);
  t.same(splitWords(' \'" OR * ( ) : ^ -- ; \0 '), ['xxor']);
  t.ok(splitWords('a'.repeat(100_000)).every((word) => word.length <= 62));
  t.equal(splitWords(Array.from({ length: 5_000 }, (_, index) => `w${index}`).join(' ')).length, 2_000);
});

t.test('of two messages the one with the rarer word comes first; of equals the newer one (MEM-02)', async (t) => {
  const message = (position: number, words: string, createdAt = 1) => ({
    sessionId: 's',
    turn: 1,
    position,
    createdAt,
    words: words.split(' '),
  });
  const candidates = [message(1, 'the a'), message(2, 'the b'), message(3, 'the cat'), message(4, 'the c', 2)];
  const ranked = rankWords(['the', 'cat'], candidates);
  t.same(
    ranked.map(({ candidate }) => candidate.position),
    [3, 4, 1, 2],
  );
  t.ok(ranked.every(({ score }) => score > 0 && score <= 1));
  t.same(rankWords(['the', 'cat'], candidates.toReversed()), ranked, 'whatever order the database gave them');
});
