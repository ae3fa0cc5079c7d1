/** Answers of the management API as people read them. */
import type { JsonObject, JsonValue } from '../base/json.js';
import { describeAge, describeTimes } from '../tasks/explain-words.js';
import { formatColumns, toText as text } from './format-answer.js';

export function formatRuns(runs: readonly JsonObject[], { withHead, now }: { readonly withHead: boolean; readonly now: number }): string {
  const rows = runs.map((run) => [
    text(run['task_id']),
    text(run['status']),
    text(run['step']),
    age(run['updated_at'], now),
    text(run['agent']),
  ]);
  const head = withHead ? [['TASK', 'STATUS', 'STEP', 'LAST WRITE', 'AGENT']] : [];
  return formatColumns([...head, ...rows], WIDTHS);
}

export function formatRun(run: JsonObject, now: number): string {
  const worker = text(run['worker']);
  const lease = run['lease_alive'] === null ? 'lease unknown' : run['lease_alive'] === true ? 'lease alive' : 'no lease';
  const rows: (readonly [string, string])[] = [
    ['Task', text(run['task_id'])],
    ['Context', text(run['context_id'])],
    ['Agent', text(run['agent'])],
    ['Status', `${text(run['status'])} (${text(run['state'])})`],
    ['Step', `${text(run['step'])}, begun ${describeTimes(Number(run['takes']))}, epoch ${text(run['epoch'])}`],
    ['Worker', worker === '' ? `none, ${lease}` : `${worker}, ${lease}`],
    ['Events', text(run['seq'])],
    ['Turn', text(run['turn'])],
    ['Configuration', text(run['config_version'])],
    ['Created', time(run['created_at'], now)],
    ['Last write', time(run['updated_at'], now)],
  ];
  if (run['held_since'] !== undefined) rows.push(['Held since', time(run['held_since'], now)]);
  if (run['expires_at'] !== undefined) rows.push(['Ends at', text(run['expires_at'])]);
  rows.push(['Control', JSON.stringify(run['control'] ?? {})]);
  for (const asked of list(run['questions']))
    rows.push([
      'Asks',
      `${text(asked['call_id'])}  ${text(asked['tool'])} ${JSON.stringify(asked['arguments'])}  (${list(asked['decisions']).join('|')})`,
    ]);
  if (run['root_task_id'] !== undefined) rows.push(['Branch', `${text(run['branch'])} of ${text(run['root_task_id'])}`]);
  for (const branch of list(run['branch_runs']))
    rows.push([
      'Branch',
      `${text(branch['branch'])}  ${text(branch['task_id'])}  ${text(branch['agent'])}  ${text(branch['status'])} (${text(branch['state'])}), step ${text(branch['step'])}`,
    ]);
  for (const call of list(run['tool_calls']))
    rows.push([
      'Call',
      `${text(call['call_id'])}  ${text(call['tool'])}  ${text(call['status'])} (${text(call['effect'])}), step ${text(call['step'])}`,
    ]);
  return rows.map(([label, value]) => `${`${label}:`.padEnd(15)}${value}\n`).join('');
}

export function formatWhy(why: JsonObject): string {
  const evidence = (why['evidence'] ?? []) as readonly string[];
  return [`${text(why['rule'])}: ${text(why['summary'])}`, ...evidence.map((fact) => `  - ${fact}`), `next: ${text(why['next'])}`, ''].join(
    '\n',
  );
}

function list(value: JsonValue | undefined): readonly JsonObject[] {
  return (value ?? []) as readonly JsonObject[];
}

function time(value: JsonValue | undefined, now: number): string {
  return `${text(value)} (${age(value, now)} ago)`;
}

function age(value: JsonValue | undefined, now: number): string {
  return describeAge(now - Date.parse(text(value)));
}

/** Of task id, status, step, age. */
const WIDTHS = [36, 11, 4, 10];
