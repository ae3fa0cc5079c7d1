/**
 * A request must not cost much more beside the official SDK's server than it did when `bench/results/costs.json` was written. Whoever makes
 * one cheaper, or dearer for a reason, writes the new figure there: `npm run bench -- compare` shows the same rows at length.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { MAX_FALL } from '../../bench/frame/against.js';
import { COST_ROWS, type CostRow, startCostPair } from '../../bench/measurements/cost-ratios.js';

const recorded = JSON.parse(readFileSync('bench/results/costs.json', 'utf8')) as Readonly<Record<CostRow, number>>;

t.test('a request costs no more beside the SDK’s server than was recorded, give or take 30 %', async (t) => {
  const pair = await startCostPair();
  t.teardown(() => pair.close());
  for (const row of COST_ROWS) {
    const most = recorded[row] / (1 - MAX_FALL);
    const first = await pair.measure(row);
    // Once more: another process may have had the machine just then.
    const ratio = first > most ? Math.min(first, await pair.measure(row)) : first;
    t.comment(`${row}: ${first.toFixed(3)}, recorded ${recorded[row]}`);
    t.ok(ratio <= most, `${row}: CPU time per request is ×${ratio.toFixed(3)} of the SDK server’s; at most ×${most.toFixed(3)} is allowed`);
  }
});
