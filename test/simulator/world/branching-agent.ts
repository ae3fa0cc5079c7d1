/** A run that branches as its script says, asks its client what its branches ask, and ends with what became of them. */
import type { Agent, StepContext, StepOutcome, StepState } from '../../../src/agents/agent.js';
import { newId } from '../../../src/base/ids.js';
import type { JsonValue } from '../../../src/base/json.js';
import { isTerminal } from '../../../src/protocol/task-state.js';
import type { SessionMessage } from '../../../src/tasks/session-message.js';
import { getStep } from './stamped-agent.js';

export const BRANCHING_AGENT = 'branching';

export const branchingAgent: Agent = { name: BRANCHING_AGENT, runStep };

async function runStep({ task, history, children = [] }: StepState, context: StepContext): Promise<StepOutcome> {
  const { process, script } = getStep();
  const { clock } = process;
  const at = clock.now();
  const result = { control: { seen: history.length }, messages: [], events: [] };
  await clock.sleep(5, context.signal);
  const begun = Number(task.control['begun'] ?? 0);
  const waiting = children.filter(({ state }) => !isTerminal(state));
  if (waiting.length > 0 && history.length > Number(task.control['seen'])) {
    const last = history.at(-1) as SessionMessage;
    const says = waiting.map(({ key }) => ({ key, message: { ...last, id: newId(at) } }));
    return { type: 'branch', ...result, control: { begun, seen: history.length }, starts: [], says };
  }
  const statusMessage = { messageId: newId(at), role: 'ROLE_AGENT' as const, parts: [{ text: describeChildren(children) }] };
  if (waiting.length > 0) {
    return { type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED', ...result, control: { begun, seen: history.length }, statusMessage };
  }
  const round = (script.rounds ?? [])[begun];
  if (round === undefined) return { type: 'finished', ...result, statusMessage };
  const starts = round.map(({ agent, inheritsHistory, script: own }, index) => ({
    key: `${begun}/${index}`,
    agent,
    messages: [toMessage(own as unknown as JsonValue, newId(at), at)],
    inheritsHistory,
    state: 'shared' as const,
  }));
  return { type: 'branch', ...result, control: { begun: begun + 1, seen: history.length }, starts, says: [] };
}

/** What the end of a run tells of its branches. */
export function describeChildren(children: readonly { readonly key: string; readonly state: string }[]): string {
  return children.map(({ key, state }) => `${key} ${state}`).join(', ');
}

function toMessage(data: JsonValue, id: string, createdAt: number): SessionMessage {
  return { id, role: 'user', author: 'user', parts: [{ type: 'data', data }], createdAt };
}
