import t from 'tap';
import { readRate } from '../../../../src/providers/embedders/rate-headers.js';

const read = (headers: Readonly<Record<string, string>>) => readRate(new Headers(headers));
const requests = (limit: string, remaining: string, reset?: string) =>
  read({
    'x-ratelimit-limit-requests': limit,
    'x-ratelimit-remaining-requests': remaining,
    ...(reset === undefined ? {} : { 'x-ratelimit-reset-requests': reset }),
  }).requests;

t.test('a bucket fills as fast as what was used comes back until its reset', async (t) => {
  t.same(requests('3000', '2000', '20s'), { limit: 3000, remaining: 2000, perMs: 0.05 });
  t.same(requests('100', '50', '500ms')?.perMs, 0.1);
  t.same(requests('10000', '9000', '2h24m0s')?.perMs, 1000 / 8_640_000, 'per day');
});

t.test('what is too coarse tells no speed', async (t) => {
  for (const coarse of [
    requests('3000', '2990', '1s'),
    requests('3000', '2999', '20ms'),
    requests('3000', '2000'),
    requests('60', '60', '0s'),
  ])
    t.equal(coarse?.perMs, undefined);
  t.equal(requests('3', '1', '40s')?.perMs, 2 / 40_000, 'two of three are much');
});

t.test('what is not told, or no number, is no window', async (t) => {
  t.same(read({}), {});
  t.same(read({ 'x-ratelimit-limit-tokens': '5' }), {});
  for (const [limit, remaining] of [
    ['x', '1'],
    ['0', '0'],
    ['5', '-1'],
    ['', ''],
  ] as const)
    t.equal(requests(limit, remaining, '1s'), undefined);
});
