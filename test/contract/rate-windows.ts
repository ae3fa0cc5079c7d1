import type { Test } from 'tap';
import type { RateWindows } from '../../src/access/rate-windows.js';

const LONG = 600_000;
const one = (key: string, limit: number, windowMs = LONG) => [{ key, limit, windowMs, cost: 1 }];

/** @param pass lets windows of 50 ms end. */
export function testRateWindows(t: Test, name: string, create: () => Promise<{ windows: RateWindows; pass: () => Promise<void> }>): void {
  t.test(`${name}: exactly as many are let in as the limit says, however many come at once (W-105)`, async (t) => {
    const { windows } = await create();
    const outcomes = await Promise.all(Array.from({ length: 25 }, () => windows.take(one('a', 10))));
    t.equal(outcomes.filter(({ isTaken }) => isTaken).length, 10);
    const [state] = (await windows.take(one('a', 10))).windows;
    t.equal(state?.used, 10, 'who is refused is not counted');
    t.ok((state?.resetMs ?? 0) > 0 && (state?.resetMs ?? 0) <= LONG);
    t.equal((await windows.take(one('b', 10))).isTaken, true, 'another one has its own');
  });

  t.test(`${name}: all windows or none`, async (t) => {
    const { windows } = await create();
    await windows.take(one('small', 1));
    const both = [...one('large', 5), ...one('small', 1)];
    t.match(await windows.take(both), { isTaken: false, windows: [{ used: 0 }, { used: 1 }] });
    t.match(await windows.take(one('large', 5)), { isTaken: true, windows: [{ used: 1 }] });
  });

  t.test(`${name}: a window that has ended begins anew with the next that is counted`, async (t) => {
    const { windows, pass } = await create();
    t.equal((await windows.take(one('a', 1, 50))).isTaken, true);
    t.equal((await windows.take(one('a', 1, 50))).isTaken, false);
    await pass();
    t.match(await windows.take(one('a', 1, 50)), { isTaken: true, windows: [{ used: 1 }] });
  });

  t.test(`${name}: what is spent counts beyond the limit, and asking for nothing counts nothing`, async (t) => {
    const { windows } = await create();
    const ask = [{ key: 'tokens', limit: 100, windowMs: LONG, cost: 0 }];
    t.match(await windows.take(ask), { isTaken: true, windows: [{ used: 0, resetMs: LONG }] });
    await windows.spend([{ key: 'tokens', windowMs: LONG, cost: 99 }]);
    t.equal((await windows.take(ask)).isTaken, true, 'one is left');
    await windows.spend([{ key: 'tokens', windowMs: LONG, cost: 50 }]);
    t.match(await windows.take(ask), { isTaken: false, windows: [{ used: 149 }] });
  });
}
