/**
 * Every named fault point of the step protocol × every effect policy × every dialect: a process is killed there, or stands still
 * while another takes over (R1–R7). The table of outcomes in `src/steps/README.md` is what these runs show.
 */
import t from 'tap';
import { readProjectFiles } from '../gates/project.js';
import { openCrashBench, runKilled, runPaused, SCENARIOS, traceScenario } from '../support/crash-cases.js';
import { findCrashFaults } from '../support/crash-expectations.js';
import { CRASH_TABLE_FILE, findCrashTable, type ObservedScenario, renderCrashTable } from '../support/crash-table.js';
import { startEffectServer } from '../support/effect-server.js';
import { describePlace, listObservedPoints, observeFaultPoints } from '../support/observe-fault-points.js';
import { forEachDialect } from '../support/temp-database.js';

/** Processes at a time. */
const CONCURRENCY = 3;

t.teardown(observeFaultPoints(listObservedPoints(readProjectFiles(/^src\/.*\.ts$/))));
const outside = await startEffectServer();
t.teardown(() => outside.close());

forEachDialect(t, async (t, createOpenTemp) => {
  const { settings } = await createOpenTemp(t)();
  const bench = await openCrashBench(settings, outside);
  t.teardown(() => bench.database.close());

  const observed: ObservedScenario[] = [];
  for (const scenario of SCENARIOS) {
    await t.test(`${scenario.name}: killed anywhere, another process finishes it (R1, R2, R4, R5, R7)`, async (t) => {
      const trace = await traceScenario(bench, scenario);
      t.ok(trace.places.length > 0);
      const outcomes = await inPool(trace.places, async (place) => {
        const { outcome } = await runKilled(bench, scenario, place);
        t.same(findCrashFaults(scenario, trace, place, outcome), [], describePlace(place));
        return outcome;
      });
      observed.push({ scenario, trace, outcomes });
    });

    await t.test(`${scenario.name}: paused anywhere until another has finished it, a worker changes nothing (R3, R7)`, async (t) => {
      const trace = await traceScenario(bench, scenario);
      await inPool(trace.places, async (place) => {
        const { before, after } = await runPaused(bench, scenario, place);
        t.same(findCrashFaults(scenario, trace, place, after), [], describePlace(place));
        const { model, tool, keys } = before;
        t.same({ ...after, model, tool, keys }, before, `${describePlace(place)}: the run log did not change`);
      });
    });
  }

  await t.test(`${CRASH_TABLE_FILE} says what happened here ('npm run crash-table' writes it)`, async (t) => {
    const readme = readProjectFiles(/^src\/steps\/README\.md$/).get(CRASH_TABLE_FILE) ?? '';
    t.equal(findCrashTable(readme), renderCrashTable(observed));
  });
});

/** All of them, a few at a time; the first failure is thrown when the others under way have ended. */
async function inPool<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<readonly Result[]> {
  const left = [...items.entries()];
  const results: Result[] = [];
  const ends = await Promise.allSettled(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) results[next[0]] = await work(next[1]);
    }),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}
