/** Calls of agent tools (AGT-23, AGT-24): the runs that they begin, and what came of those that have ended: pure. */
import { newId } from '../../base/ids.js';
import type { JsonObject } from '../../base/json.js';
import { isTerminal } from '../../protocol/task-state.js';
import type { StoredToolResult, ToolCallWrite } from '../../tasks/tool-call.js';
import type { ChildRun, ChildStart, StepState } from '../agent.js';
import { branchOf, memberBranch } from '../branch.js';
import { readChildAnswer } from '../child-answer.js';
import type { AnsweredCall } from '../llm/answered-call.js';
import { newIdentity } from '../llm/plan-calls.js';
import type { ReadyCall } from '../llm/prepare-call.js';
import type { PlannedCall } from '../llm/run-planned-calls.js';
import { storeResult } from '../llm/store-result.js';
import { writeSpent } from '../spent.js';
import { type RunUsage, readUsage } from '../usage.js';
import { type AgentTool, isAgentTool } from './create-agent-tool.js';

export interface Delegation {
  readonly starts: readonly ChildStart[];
  readonly answered: readonly AnsweredCall[];
  /** What those that were answered used. */
  readonly usages: readonly (RunUsage | undefined)[];
  /** Runs of these calls that have not ended. */
  readonly open: readonly ChildRun[];
  /** Keys of the runs of all calls of the answer, by call id. */
  readonly delegated: Readonly<Record<string, string>>;
  /** For calls that somebody had to approve. */
  readonly toolCalls: readonly ToolCallWrite[];
}

export interface DelegateOptions {
  /** The caller's key in `agents`. */
  readonly name: string;
  readonly delegated: Readonly<Record<string, string>>;
  readonly maxToolOutputLength: number;
  readonly maxToolBytes: number;
  /** By agent, before the answer that makes these calls. */
  readonly spent: JsonObject;
  readonly now: number;
}

/** A call that may be made, and is one of an agent. */
export function isDelegation({ plan }: PlannedCall): boolean {
  return plan.type === 'run' && isAgentTool(plan.call.tool);
}

export function delegateCalls(calls: readonly PlannedCall[], state: StepState, options: DelegateOptions): Delegation {
  const branch = branchOf(state, options.name);
  const { children = [] } = state;
  const taken = children.map(({ key }) => key);
  const starts: ChildStart[] = [];
  const answered: AnsweredCall[] = [];
  const usages: (RunUsage | undefined)[] = [];
  const open: ChildRun[] = [];
  const toolCalls: ToolCallWrite[] = [];
  const delegated: Record<string, string> = { ...options.delegated };
  for (const { call, plan } of calls) {
    if (plan.type !== 'run') continue;
    const { tool, id } = plan.call;
    if (!isAgentTool(tool)) continue;
    const child = children.find(({ key }) => key === delegated[id]);
    if (child === undefined) {
      const key = newKey(branch, tool.delegatesTo, taken);
      taken.push(key);
      delegated[id] = key;
      starts.push(startOf(key, plan.call, tool, options));
      if (plan.intent !== undefined) toolCalls.push(plan.intent);
    } else if (isTerminal(child.state)) {
      const result = describeChild(child, tool, options);
      answered.push({ call, result, requiresApproval: tool.requiresApproval === true });
      usages.push(readUsage(child.statusMetadata));
      const decision = plan.intent?.decision;
      if (decision !== undefined) toolCalls.push({ ...newIdentity(plan.call), status: 'done', result, decision });
    } else open.push(child);
  }
  return { starts, answered, usages, open, delegated, toolCalls };
}

function newKey(branch: string, agent: string, taken: readonly string[]): string {
  for (let turn = 1; ; turn += 1) {
    const key = memberBranch(branch, agent, turn);
    if (!taken.includes(key)) return key;
  }
}

function startOf(key: string, call: ReadyCall, { delegatesTo, hasOwnInput }: AgentTool, { spent, now }: DelegateOptions): ChildStart {
  const text = hasOwnInput ? JSON.stringify(call.arguments) : String(call.arguments['request'] ?? '');
  return {
    key,
    agent: delegatesTo,
    messages: [{ id: newId(now), role: 'user', author: 'user', parts: [{ type: 'text', text }], createdAt: now }],
    inheritsHistory: false,
    state: 'copied',
    control: writeSpent(spent),
  };
}

/** What the caller's model reads of a run that has ended. */
export function describeChild(
  child: ChildRun,
  tool: AgentTool,
  { maxToolOutputLength, maxToolBytes }: Pick<DelegateOptions, 'maxToolOutputLength' | 'maxToolBytes'>,
): StoredToolResult {
  const { isCompleted, text } = readChildAnswer(child);
  const about: JsonObject = {
    result: text,
    agent_name: child.agent,
    event_count: child.messages.length,
    invocation_id: child.taskId,
  };
  return storeResult(
    { content: isCompleted ? JSON.stringify(about) : `Error: ${text}`, isError: !isCompleted },
    { tool: tool.name, maxToolOutputLength, maxBytes: maxToolBytes },
  );
}
