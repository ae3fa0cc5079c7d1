/** The table of fault points and outcomes in `src/steps/crash-points.md`, made from what the crash matrix saw. */
import type { CrashOutcome, CrashScenario, CrashTrace } from './crash-cases.js';
import { describePlace, type FaultPlace } from './observe-fault-points.js';

export const CRASH_TABLE_FILE = 'src/steps/crash-points.md';

export interface ObservedScenario {
  readonly scenario: CrashScenario;
  readonly trace: CrashTrace;
  /** One per place of the trace. */
  readonly outcomes: readonly CrashOutcome[];
}

/** One table per sequence of places; scenarios that pass the same places share one. */
export function renderCrashTable(observed: readonly ObservedScenario[]): string {
  const groups = new Map<string, ObservedScenario[]>();
  for (const one of observed) {
    const places = one.trace.places.map(describePlace).join();
    groups.set(places, [...(groups.get(places) ?? []), one]);
  }
  return [...groups.values()].map(renderGroup).join('\n\n');
}

/** The text between the markers; `undefined` when there are none. */
export function findCrashTable(readme: string): string | undefined {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  return begin < 0 || end < begin ? undefined : readme.slice(begin + BEGIN.length, end).trim();
}

export function replaceCrashTable(readme: string, table: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${CRASH_TABLE_FILE} has no markers ${BEGIN} and ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${readme.slice(end)}`;
}

/** The fault points that the table has a line for. */
export function listTabledPoints(table: string): readonly string[] {
  return [...new Set([...table.matchAll(/^\| `([\w.-]+)`/gm)].map(([, point = '']) => point))].sort();
}

function renderGroup(group: readonly ObservedScenario[]): string {
  const places = group[0]?.trace.places ?? [];
  const lines = places.map((place, index) => {
    const cells = group.map((one) => describeOutcome(one, place, one.outcomes[index] as CrashOutcome));
    return `| ${formatPlace(place)} | ${cells.join(' | ')} |`;
  });
  const titles = group.map(({ scenario }) => scenario.name);
  return [`| killed at | ${titles.join(' | ')} |`, `|---|${titles.map(() => '---|').join('')}`, ...lines].join('\n');
}

function formatPlace(place: FaultPlace): string {
  const name = describePlace(place);
  return `\`${place.point}\`${name.slice(place.point.length)}`;
}

/** What the crash changed of the course of things, and what the client sees if that is not the same as without it. */
function describeOutcome({ scenario, trace }: ObservedScenario, place: FaultPlace, outcome: CrashOutcome): string {
  const { undisturbed } = trace;
  if (scenario.hasHappened?.(place) === false) return `has not happened: ${shortState(outcome)}`;
  const again = [
    ...(outcome.model > undisturbed.model ? ['the model is asked again'] : []),
    ...(outcome.tool > undisturbed.tool && undisturbed.tool > 0
      ? [`the tool runs again${outcome.keys.length > 1 ? '' : ', same key'}`]
      : []),
  ];
  const asks = outcome.questions.map((question) => `${shortState(outcome)}, \`${question}\``);
  if (asks.length > 0) return [...again, ...asks].join('; ');
  const course = again.join('; ') || 'goes on';
  return outcome.state === 'TASK_STATE_COMPLETED' ? course : `${course}: ${shortState(outcome)}`;
}

function shortState({ state }: CrashOutcome): string {
  return state.replace('TASK_STATE_', '');
}

const BEGIN = '<!-- crash-table -->';
const END = '<!-- /crash-table -->';
