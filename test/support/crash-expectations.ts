/** What the invariants demand of a run whose worker died or stood still at a place; the crash matrix is red where it is not so. */
import type { CrashOutcome, CrashScenario, CrashTrace } from './crash-cases.js';
import type { FaultPlace } from './observe-fault-points.js';

export function findCrashFaults(scenario: CrashScenario, trace: CrashTrace, place: FaultPlace, outcome: CrashOutcome): readonly string[] {
  const faults = [...outcome.problems];
  const expect = (what: string, found: unknown, wanted: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) faults.push(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  };
  const atMost = (what: string, found: number, most: number) => {
    if (found > most) faults.push(`${what}: ${found}, at most ${most}`);
  };
  const { undisturbed, notBegun } = trace;
  const { effect } = scenario.setting;
  if (isOutcomeUnknown(scenario, trace, place)) {
    expect('state', outcome.state, 'TASK_STATE_INPUT_REQUIRED');
    expect('questions (R7)', outcome.questions, ['tool_outcome_request']);
  } else {
    const wanted = scenario.hasHappened?.(place) === false ? notBegun : undisturbed;
    expect('state', outcome.state, wanted.state);
    expect('questions (R7)', outcome.questions, wanted.questions);
    expect('committed steps (R2)', outcome.steps, wanted.steps);
    expect('events (R2, R4)', outcome.log, wanted.log);
    expect('messages (R2)', outcome.roles, wanted.roles);
    if (wanted.tool > 0 && outcome.tool === 0) faults.push('the tool was never called');
  }
  atMost('model calls', outcome.model, Math.max(undisturbed.model, notBegun.model) + 1);
  atMost('tool calls (R7)', outcome.tool, effect === 'once' ? 1 : 2);
  if (effect !== 'pure') {
    atMost('idempotency keys (R7)', outcome.keys.length, 1);
    if (outcome.keys.includes('')) faults.push('a call without an idempotency key (R7)');
  }
  return faults;
}

/** R7: between the commit of a `once` call's intent and the commit of its result nobody can know how it ended. */
export function isOutcomeUnknown(scenario: CrashScenario, { places }: CrashTrace, place: FaultPlace): boolean {
  if (scenario.setting.effect !== 'once') return false;
  const indexOf = (wanted: FaultPlace) => places.findIndex(({ point, nth }) => point === wanted.point && nth === wanted.nth);
  const intent = indexOf({ point: 'store.record.after', nth: 1 });
  const result = indexOf({ point: 'store.record.before', nth: 2 });
  const at = indexOf(place);
  return intent >= 0 && at >= intent && at <= result;
}
