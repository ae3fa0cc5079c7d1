import t from 'tap';
import { systemClock } from '../../../../src/base/clock.js';
import { type Arrivals, type Fire, runSchedule } from '../../../../src/cli/load/schedule.js';

const run = (
  arrivals: Arrivals,
  fire: Fire,
  { totalMs = 100, graceMs = 5_000, clock = systemClock, signal = new AbortController().signal } = {},
) => runSchedule({ arrivals, totalMs, graceMs, clock, signal }, fire);

t.test('at a rate, requests are due at their moments while earlier ones are not answered', async (t) => {
  const due: number[] = [];
  let release = () => {};
  const stalled = new Promise<void>((resolve) => (release = resolve));
  const running = run({ type: 'rate', perSecond: 100, maxInFlight: 50 }, async (dueMs) => {
    due.push(dueMs);
    if (due.length === 10) release();
    await stalled;
  });
  t.same(await running, []);
  t.same(
    due.map((dueMs) => Math.round(dueMs - (due[0] as number))),
    Array.from({ length: 10 }, (_, index) => index * 10),
  );
});

t.test('a server that stalls is seen by all requests that were due meanwhile (no coordinated omission)', async (t) => {
  const waits: number[] = [];
  let calls = 0;
  await run(
    { type: 'rate', perSecond: 200, maxInFlight: 1 },
    async (dueMs) => {
      calls += 1;
      if (calls === 1) await systemClock.sleep(80);
      waits.push(systemClock.monotonic() - dueMs);
    },
    { graceMs: 2_000 },
  );
  t.equal(waits.length, 20);
  t.ok((waits[1] as number) > 60, 'the second was due 5 ms after the first, and waited for it');
  t.ok(waits.filter((wait) => wait > 15).length >= 10, 'and so did those behind it');
});

t.test('what is never sent is told, with how long it waited', async (t) => {
  const unsent = await run({ type: 'rate', perSecond: 100, maxInFlight: 1 }, () => systemClock.sleep(150), { graceMs: 0 });
  t.equal(unsent.length, 9);
  t.ok(unsent.every((waitedMs) => waitedMs >= 50));
});

t.test('with a concurrency, each connection sends when its last was answered', async (t) => {
  let [now, most, calls] = [0, 0, 0];
  await run({ type: 'concurrency', connections: 3 }, async () => {
    calls += 1;
    now += 1;
    most = Math.max(most, now);
    await systemClock.sleep(5);
    now -= 1;
  });
  t.equal(most, 3);
  t.ok(calls > 9);
});

t.test('an interruption sends no more', async (t) => {
  for (const arrivals of [{ type: 'rate', perSecond: 10, maxInFlight: 5 } as const, { type: 'concurrency', connections: 2 } as const]) {
    const stop = new AbortController();
    let calls = 0;
    const fire = async () => {
      calls += 1;
      stop.abort(new Error('stopped'));
    };
    t.same(await run(arrivals, fire, { totalMs: 60_000, signal: stop.signal }), []);
    t.ok(calls <= 2);
  }
});
