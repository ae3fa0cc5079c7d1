/**
 * Every named fault point of the step protocol × every effect policy × every dialect: a process is killed there, or stands still
 * while another takes over (R1–R7). The table of outcomes in `src/steps/crash-points.md` is what these runs show.
 */
import type { Test } from 'tap';
import { readProjectFiles } from '../gates/project.js';
import {
  answerUnknown,
  type CrashBench,
  type CrashOutcome,
  type CrashRun,
  groupPlaces,
  openCrashBench,
  runKilled,
  runOverlapping,
  runPaused,
  traceScenario,
} from './crash-cases.js';
import { findCrashFaults, isOutcomeUnknown } from './crash-expectations.js';
import { CRASH_SCENARIOS } from './crash-scenarios.js';
import { CRASH_TABLE_FILE, findCrashTable, type ObservedScenario, renderCrashTable } from './crash-table.js';
import { startEffectServer } from './effect-server.js';
import { isLongForm } from './long-form.js';
import { describePlace, type FaultPlace, listObservedPoints, observeFaultPoints } from './observe-fault-points.js';
import type { DialectSuite } from './temp-database.js';

/** Processes at a time. */
const CONCURRENCY = 3;

export const crashMatrix: DialectSuite = async (t, createOpenTemp) => {
  const { settings } = await createOpenTemp(t)();
  t.teardown(observeFaultPoints(listObservedPoints(readProjectFiles(/^src\/.*\.ts$/))));
  const outside = await startEffectServer();
  t.teardown(() => outside.close());
  const bench = await openCrashBench(settings, outside);
  t.teardown(() => bench.database.close());
  // One place of each situation, or every place by itself; SQLite's pauses cost little.
  const group = (places: readonly FaultPlace[]) => (isLongForm ? places.map((place) => [place]) : groupPlaces(places));
  const choose = (places: readonly FaultPlace[]) =>
    settings.driver === 'sqlite' ? places : group(places).flatMap((group) => group.slice(0, 1));

  const observed: ObservedScenario[] = [];
  let isComplete = true;
  for (const [index, scenario] of CRASH_SCENARIOS.entries()) {
    const trace = await traceScenario(bench, scenario);

    // A process for each death is what this costs: in the short form each server sees half of the situations, SQLite all.
    const isLeftOut = !isLongForm && settings.driver !== 'sqlite' && index % 2 !== (settings.driver === 'postgres' ? 0 : 1);
    if (isLeftOut) isComplete = false;
    else
      await t.test(`${scenario.name}: killed anywhere, another process finishes it (R1, R2, R4, R5, R7)`, async (t) => {
        t.ok(trace.places.length > 0);
        const groups = group(trace.places);
        const outcomes = await inPool(groups, async ([place = trace.places[0] as FaultPlace]) => {
          const { run, outcome } = await runKilled(bench, scenario, place);
          t.same(findCrashFaults(scenario, trace, place, outcome), [], describePlace(place));
          if (isOutcomeUnknown(scenario, trace, place)) await checkAnswer(t, bench, run, outcome, trace.places.indexOf(place));
          return outcome;
        });
        observed.push({ scenario, trace, outcomes: groups.flatMap((group, index) => group.map(() => outcomes[index] as CrashOutcome)) });
      });

    await t.test(`${scenario.name}: paused anywhere until another has finished it, a worker changes nothing (R3, R7)`, async (t) => {
      await inPool(choose(trace.places), async (place) => {
        const { before, after } = await runPaused(bench, scenario, place);
        const isLate = scenario.hasHappened?.(place) === false;
        const faults = findCrashFaults(scenario, trace, place, after);
        // What had not begun may still come late.
        const isDoneLate = isLate && JSON.stringify({ ...after, ...NO_CALLS }) === JSON.stringify({ ...trace.undisturbed, ...NO_CALLS });
        t.same(isDoneLate ? [] : faults, [], describePlace(place));
        const { model, tool, keys } = before;
        if (!isLate) t.same({ ...after, model, tool, keys }, before, `${describePlace(place)}: the run log did not change`);
      });
    });

    if (trace.act.type !== 'run') continue;
    await t.test(`${scenario.name}: paused anywhere, it goes on while another has the run, and writes nothing (R3, R7)`, async (t) => {
      for (const there of OVERLAPS) {
        await inPool(choose(trace.places), async (place) => {
          const seen = await runOverlapping(bench, scenario, place, there);
          if (seen === undefined) return;
          const title = `${describePlace(place)}, the other at ${there.point}`;
          const { model, tool, keys } = seen.before;
          // Who has not taken it yet takes it from the other, rightly.
          if (hasTaken(trace.places, place))
            t.same({ ...seen.between, model, tool, keys }, seen.before, `${title}: the first one wrote nothing`);
          t.same(findCrashFaults(scenario, trace, place, seen.after), [], title);
        });
      }
    });
  }

  if (!isComplete) return;
  await t.test(`${CRASH_TABLE_FILE} says what happened here ('npm run crash-table' writes it)`, async (t) => {
    const page = readProjectFiles(/^src\/steps\/crash-points\.md$/).get(CRASH_TABLE_FILE) ?? '';
    t.equal(findCrashTable(page), renderCrashTable(observed));
  });
};

function hasTaken(places: readonly FaultPlace[], place: FaultPlace): boolean {
  return places.indexOf(place) >= places.findIndex(({ point }) => point === 'store.take.after');
}

/** Where the second worker is while the first one goes on: it has the run; it knows that no intent was recorded. */
const OVERLAPS: readonly FaultPlace[] = [
  { point: 'store.take.after', nth: 1 },
  { point: 'tool.before-intent', nth: 1 },
];
const NO_CALLS = { model: 0, tool: 0, keys: [] };

/** R7: whatever somebody says, the run ends, and only `retry` calls the tool again: under the same key. */
async function checkAnswer(t: Test, bench: CrashBench, run: CrashRun, asked: CrashOutcome, index: number): Promise<void> {
  const answer = (['done', 'retry', 'skip'] as const)[index % 3] ?? 'done';
  const { state, tool, keys, problems } = await answerUnknown(bench, run, answer);
  t.same(
    { state, tool, problems },
    { state: 'TASK_STATE_COMPLETED', tool: asked.tool + (answer === 'retry' ? 1 : 0), problems: [] },
    answer,
  );
  t.equal(keys.length, Math.min(tool, 1));
}

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
