import t from 'tap';
import { StopBudget } from '../../../src/cli/stop-budget.js';
import { recordStart, runCommand, stopped } from '../../support/cli-rig.js';
import { createSteeredClock } from '../../support/steered-clock.js';

const never = () => new Promise<never>(() => undefined);
const LATE = { code: 'INTERNAL', message: /longer than 30000 ms \(server\.shutdown_timeout_ms\)/ };

t.test('what does not end after a stop is given up when the budget is over, and not before (CLI-52)', async (t) => {
  const clock = createSteeredClock();
  const stop = new AbortController();
  const budget = new StopBudget(stop.signal, 30_000, clock);
  t.equal(await budget.within(Promise.resolve('started')), 'started');
  const working = budget.within(never());
  await clock.advance(3_600_000);
  stop.abort();
  await clock.advance(29_000);
  let isOver = false;
  const over = t.rejects(working, LATE).then(() => {
    isOver = true;
  });
  await Promise.resolve();
  t.equal(isOver, false);
  await clock.advance(1_000);
  await over;
  // Whatever was left, closing has a moment.
  budget.begin();
  t.equal(await budget.within(Promise.resolve('closed')), 'closed');
  const closing = t.rejects(budget.within(never()), LATE);
  await clock.advance(1_000);
  await closing;
});

t.test('without a stop, closing alone has the whole budget (CLI-52)', async (t) => {
  const clock = createSteeredClock();
  const budget = new StopBudget(new AbortController().signal, 30_000, clock);
  budget.begin();
  const closing = t.rejects(budget.within(never()), LATE);
  await clock.advance(30_000);
  await closing;
});

t.test('a command that hangs when it is stopped ends with a failure that says so (CLI-52)', async (t) => {
  const hanging = recordStart(t, { ingest: never });
  const config = 'server: {shutdown_timeout_ms: 1s}\ndocument_stores: {docs: {source: {type: directory, path: .}}}\n';
  const result = await runCommand(t, ['ingest', '-c', 'h.yaml'], { files: { 'h.yaml': config }, start: hanging.start, stop: stopped() });
  t.match(result, { code: 1, errors: /shutting down took longer than 1000 ms/ });
  t.equal(hanging.seen.closed, 1);
});
