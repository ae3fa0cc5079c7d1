import t from 'tap';
import { chunkWords, queryWords } from '../../../../src/knowledge/search/chunk-words.js';
import { rankKeywords } from '../../../../src/knowledge/search/rank-keywords.js';

const words = (text: string) => chunkWords({ text, title: '', place: {} }).map((word) => word.slice(2));

t.test('words of chunks and of queries meet: case, accents, plurals, names in code, scripts without spaces', async (t) => {
  t.same(words('The Refunds of Café-Müllers, 3½ policies'), ['the', 'refund', 'of', 'cafe', 'muller', '31', '2', 'policy']);
  t.same(words('glass status analysis gas boxes classes is'), ['glass', 'status', 'analysis', 'gas', 'box', 'class', 'is']);
  t.same(words('retryDocument(XMLReader, snake_case)'), ['retrydocument', 'xmlreader', 'snake', 'case', 'retry', 'document']);
  t.same(words('東京都 ok'), ['東京', '京都', 'ok']);
  t.same(queryWords('Refunds refund REFUND?'), ['xxrefund']);
  t.same(queryWords(' ?! '), []);
});

t.test('what a chunk stands under counts, too, and once', async (t) => {
  const own = chunkWords({ text: 'It takes five days.', title: 'Refunds', place: { section: 'Refunds > Time', functionName: 'payBack' } });
  t.same(own, ['xxrefund', 'xxtime', 'xxpayback', 'xxpay', 'xxback', 'xxit', 'xxtake', 'xxfive', 'xxday']);
});

t.test('a query has at most 64 words, none of them a syntax of any database', async (t) => {
  const many = queryWords(Array.from({ length: 1_000 }, (_, index) => `w${index}`).join(' '));
  t.equal(many.length, 64);
  const hostile = queryWords(`a"b'c*(d) e:f -g +h ~i <j> @k \\l %m _n ${'x'.repeat(5_000)} \u0000 ; -- /* */`);
  t.ok(
    hostile.every((word) => /^xx[\p{L}\p{N}]{1,60}$/u.test(word)),
    hostile.join(' '),
  );
});

t.test('ranking: rare words count more, long chunks less, and scores are 0 to 1', async (t) => {
  const match = (key: string, text: string) => ({ documentKey: key, index: 0, words: text.split(' ') });
  const asked = ['rare', 'common', 'unknown'];
  const holders = new Map([
    ['rare', 1],
    ['common', 90],
  ]);
  const matches = [
    match('c', 'common common x'),
    match('r', 'rare x y'),
    match('l', `common ${'x '.repeat(200)}`),
    match('b', 'rare common x'),
  ];
  const ranked = rankKeywords(asked, { total: 100, holders, matches });
  t.same(
    ranked.map(({ id }) => id),
    ['b:0', 'r:0', 'c:0', 'l:0'],
  );
  t.ok(ranked.every(({ score }) => score > 0 && score < 1));
  t.same(rankKeywords([], { total: 100, holders, matches }), []);
});
