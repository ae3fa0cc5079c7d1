/** What every pace keeps: how long whoever takes a place has to wait. */
import type { Test } from 'tap';
import type { Pace, PaceCost, PaceReport } from '../../src/providers/embedders/pace.js';

const OPEN = { requestsPerMinute: 0, tokensPerMinute: 0 };
const COST: PaceCost = { requests: 1, tokens: 10, urgent: false };
const NOTHING: PaceReport = { unusedRequests: 0, unusedTokens: 0, rate: {}, pauseMs: 0 };

export function testPace(t: Test, name: string, create: (t: Test) => Promise<Pace>): void {
  /** Real time passes between two calls, so waits may be somewhat shorter. */
  const near = (t: Test, waitMs: number, expectedMs: number) =>
    t.ok(waitMs <= expectedMs + 1 && waitMs > expectedMs - 60, `${waitMs} ms, about ${expectedMs}`);

  void t.test(`${name}: without limits nobody waits, and accounts do not know each other`, async (t) => {
    const pace = await create(t);
    for (let count = 0; count < 50; count++) t.equal(await pace.take('open', COST, OPEN), 0);
    await pace.settle('other', { ...NOTHING, pauseMs: 60_000 });
    t.equal(await pace.take('open', COST, OPEN), 0);
    t.equal(await pace.pauseMs('open'), 0);
  });

  void t.test(`${name}: a configured limit lets a second's worth pass and gives places in order`, async (t) => {
    const pace = await create(t);
    const limits = { requestsPerMinute: 120, tokensPerMinute: 0 };
    near(t, await pace.take('a', COST, limits), 0);
    near(t, await pace.take('a', COST, limits), 0);
    near(t, await pace.take('a', COST, limits), 500);
    near(t, await pace.take('a', COST, limits), 1_000);
    near(t, await pace.take('b', { ...COST, tokens: 300 }, { requestsPerMinute: 0, tokensPerMinute: 6_000 }), 2_000);
  });

  void t.test(`${name}: limits are learnt from answers; what is left lowers a bucket and never raises it`, async (t) => {
    const pace = await create(t);
    const window = (remaining: number) => ({ limit: 100, remaining, perMs: 0.001 });
    await pace.settle('a', { ...NOTHING, rate: { requests: window(2) } });
    near(t, await pace.take('a', COST, OPEN), 0);
    near(t, await pace.take('a', COST, OPEN), 0);
    near(t, await pace.take('a', COST, OPEN), 1_000);
    await pace.settle('a', { ...NOTHING, rate: { requests: window(90) } });
    near(t, await pace.take('a', COST, OPEN), 2_000);
    await pace.settle('c', { ...NOTHING, rate: { requests: { limit: 60, remaining: 0, perMs: undefined } } });
    near(t, await pace.take('c', COST, OPEN), 1_000);
    await pace.settle('a', { ...NOTHING, rate: { requests: { limit: 100, remaining: 90, perMs: undefined } } });
    near(t, await pace.take('a', COST, OPEN), 3_000);
    await pace.settle('b', { ...NOTHING, rate: { tokens: { limit: 1_000, remaining: 500, perMs: 0.01 } } });
    await pace.settle('b', { ...NOTHING, rate: { tokens: { limit: 1_000, remaining: 5, perMs: 0.01 } } });
    near(t, await pace.take('b', { ...COST, tokens: 15 }, OPEN), 1_000);
  });

  void t.test(`${name}: what was not used is given back, what was used beyond is taken`, async (t) => {
    const pace = await create(t);
    const limits = { requestsPerMinute: 60, tokensPerMinute: 0 };
    near(t, await pace.take('a', COST, limits), 0);
    near(t, await pace.take('a', COST, limits), 1_000);
    await pace.settle('a', { ...NOTHING, unusedRequests: 1 });
    near(t, await pace.take('a', COST, limits), 1_000);
    await pace.settle('a', { ...NOTHING, unusedRequests: -3 });
    near(t, await pace.take('a', COST, limits), 5_000);
  });

  void t.test(`${name}: a pause holds back everybody and only grows; who is in a hurry waits for nothing else`, async (t) => {
    const pace = await create(t);
    const limits = { requestsPerMinute: 60, tokensPerMinute: 0 };
    const urgent = { ...COST, urgent: true };
    await pace.take('a', COST, limits);
    t.equal(await pace.take('a', urgent, limits), 0);
    near(t, await pace.take('a', COST, limits), 2_000);
    await pace.settle('a', { ...NOTHING, pauseMs: 9_000 });
    await pace.settle('a', { ...NOTHING, pauseMs: 500 });
    near(t, await pace.pauseMs('a'), 9_000);
    near(t, await pace.take('a', urgent, limits), 9_000);
    near(t, await pace.take('a', COST, limits), 9_000);
  });
}
