/** What a flow of agents left behind, its client's view and the log of every run in it, beside one that nobody disturbed. */
import type { WireTask } from '../a2a-client.js';
import { StreamClient } from '../stream-client.js';
import { checkClient, checkLog } from './check-run.js';
import { flowEffects } from './flow-models.js';
import type { StoredRun } from './read-runs-sql.js';
import type { RunResult } from './run-client.js';
import { plannedId } from './run-plan.js';

/** What is the same in every flow, when its name is left out. */
export interface FlowOutcome {
  readonly answer: string;
  /** Texts by artifact. */
  readonly texts: Readonly<Record<string, string>>;
}

export function readFlowOutcome({ plan }: RunResult, task: WireTask): FlowOutcome {
  const blank = (text: string) => text.replaceAll(plan.run, '<run>');
  const held = new StreamClient();
  held.apply(undefined, { task });
  const texts = [...held.texts].map(([id, text]) => [id, blank(text)] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return { answer: blank(held.texts.get('flow.closer/response') ?? ''), texts: Object.fromEntries(texts) };
}

export interface StoredFlow {
  readonly root: StoredRun;
  readonly below: readonly StoredRun[];
}

export function findFlow(stored: ReadonlyMap<string, StoredRun>, taskId: string): StoredFlow | undefined {
  const root = stored.get(taskId);
  return root === undefined ? undefined : { root, below: [...stored.values()].filter(({ parentId }) => parentId === taskId) };
}

export function checkFlow(
  result: RunResult,
  flow: StoredFlow | undefined,
  task: WireTask | undefined,
  wanted: FlowOutcome,
): readonly string[] {
  if (flow === undefined || task === undefined) return [...result.problems, `its task '${result.taskId}' is not there (R1)`];
  const problems = [...result.problems];
  const expectEqual = (what: string, found: unknown, want: unknown) => {
    const [a, b] = [JSON.stringify(found), JSON.stringify(want)];
    if (a !== b) problems.push(`${what}: found ${a}, wanted ${b}`);
  };
  const { root, below } = flow;
  expectEqual('state as the caller saw it', result.state, 'TASK_STATE_COMPLETED');
  expectEqual('agents of the runs below', below.map(({ agent }) => agent).sort(), ['ann', 'bob', 'cid', 'clerk', 'scout']);
  for (const run of [root, ...below]) {
    const within = (what: string, found: unknown, want: unknown) => expectEqual(`${run.agent}, ${what}`, found, want);
    within('state in SQL', run.state, 'TASK_STATE_COMPLETED');
    checkLog(run, within);
  }
  const parts = [root, ...below].flatMap(({ messages }) => messages).flatMap((message) => message.parts);
  const { run } = result.plan;
  const calls = [
    ...flowEffects(run).map(({ id }) => id),
    ...['lead-scout', 'lead-clerk', 'critic-3'].map((name) => `${run}-${name}`),
  ].sort();
  expectEqual('calls, each once (R2)', parts.flatMap(({ type, id }) => (type === 'tool_call' ? [plannedId(id ?? '')] : [])).sort(), calls);
  const results = parts.flatMap(({ type, callId, isError }) =>
    type === 'tool_result' ? [`${plannedId(callId ?? '')}${isError ? ' failed' : ''}`] : [],
  );
  expectEqual('results, each once (R2, R7)', results.sort(), calls);
  const outcome = readFlowOutcome(result, task);
  expectEqual('the answer, as without kills', outcome.answer, wanted.answer);
  expectEqual('the artifacts, as without kills', outcome.texts, wanted.texts);
  const held = new StreamClient();
  held.apply(undefined, { task });
  checkClient(result, root, held, expectEqual);
  return problems;
}
