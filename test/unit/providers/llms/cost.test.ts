import t from 'tap';
import { costOf } from '../../../../src/providers/llms/cost.js';

const price = { input: 3, output: 15, cached: 0.3, cacheWrite: 3.75 };

t.test('a call costs its tokens, each kind at its price per million (W-66)', async (t) => {
  t.equal(costOf({ inputTokens: 1_000_000, outputTokens: 0 }, price), 3);
  t.equal(costOf({ inputTokens: 0, outputTokens: 1_000_000, thinkingTokens: 900_000 }, price), 15);
  t.equal(costOf({ inputTokens: 1_000_000, outputTokens: 0, cachedTokens: 1_000_000 }, price), 0.3);
  t.equal(costOf({ inputTokens: 1_000_000, outputTokens: 0, cacheWriteTokens: 1_000_000 }, price), 3.75);
  const mixed = { inputTokens: 1_000, outputTokens: 100, cachedTokens: 600, cacheWriteTokens: 200 };
  t.equal(costOf(mixed, price).toFixed(9), ((200 * 3 + 600 * 0.3 + 200 * 3.75 + 100 * 15) / 1e6).toFixed(9));
});

t.test('counts that do not fit each other never make a call cheaper than free', async (t) => {
  t.equal(costOf({ inputTokens: 1, outputTokens: 0, cachedTokens: 5 }, { ...price, cached: 0 }), 0);
});
