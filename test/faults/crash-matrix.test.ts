/**
 * Every named fault point of the step protocol × every effect policy × every dialect: a process is killed there, or stands still
 * while another takes over (R1–R7). The table of outcomes in `src/steps/README.md` is what these runs show.
 */
import t from 'tap';
import { readProjectFiles } from '../gates/project.js';
import { openCrashBench, runKilled, runPaused, SCENARIOS, traceScenario } from '../support/crash-cases.js';
import { findCrashFaults } from '../support/crash-expectations.js';
import { OUTSIDE_POINTS, startEffectServer } from '../support/effect-server.js';
import { listFaultPoints } from '../support/list-fault-points.js';
import { describePlace, observeFaultPoints } from '../support/observe-fault-points.js';
import { forEachDialect } from '../support/temp-database.js';

/** Processes at a time. */
const CONCURRENCY = 3;

t.teardown(observeFaultPoints([...listFaultPoints(readProjectFiles(/^src\/.*\.ts$/)), ...Object.values(OUTSIDE_POINTS)]));
const outside = await startEffectServer();
t.teardown(() => outside.close());

forEachDialect(t, async (t, createOpenTemp) => {
  const { settings } = await createOpenTemp(t)();
  const bench = await openCrashBench(settings, outside);
  t.teardown(() => bench.database.close());

  for (const scenario of SCENARIOS) {
    await t.test(`${scenario.name}: killed anywhere, another process finishes it (R1, R2, R4, R5, R7)`, async (t) => {
      const trace = await traceScenario(bench, scenario);
      t.ok(trace.places.length > 0);
      await inPool(trace.places, async (place) => {
        const { outcome } = await runKilled(bench, scenario, place);
        t.same(findCrashFaults(scenario, trace, place, outcome), [], describePlace(place));
      });
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
});

/** All of them, a few at a time; the first failure is thrown when the others under way have ended. */
async function inPool<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items];
  const ends = await Promise.allSettled(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    }),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
