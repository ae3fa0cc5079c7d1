/**
 * `type: runner` (AGT-33): tools in their order, without a model. What the first one gets is what the agent has to answer; what each puts
 * out is what the next one gets; what the last one puts out is the answer.
 *
 * A tool's turn is two steps, as for an agent with a model: the call is committed, then it is run with all that holds for calls there:
 * intents, approvals, outcomes that nobody knows (R7).
 */
import { AppError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import type { JsonObject } from '../../base/json.js';
import { createArgumentsCheck } from '../../providers/tools/arguments.js';
import type { Toolset } from '../../providers/tools/contract.js';
import { type SessionMessage, type ToolCallPart, type ToolResultPart, textOf } from '../../tasks/session-message.js';
import type { Agent, StepOutcome, StepState } from '../agent.js';
import { createAgent } from '../create-agent.js';
import { readControl, writeControl } from '../llm/control.js';
import { describeOutput } from '../llm/describe-output.js';
import { failed } from '../llm/end-run.js';
import { listTools } from '../llm/list-tools.js';
import { withoutDecisions } from '../llm/prepare-history.js';
import type { ToolStepOptions } from '../llm/step-dependencies.js';
import { runToolStep } from '../llm/tool-step.js';
import { toArguments } from './tool-input.js';

export interface RunnerAgentOptions extends Omit<ToolStepOptions, 'checkArguments'> {
  /** In their order; one that is not among `tools` fails the run. */
  readonly order: readonly string[];
  readonly toolsets?: readonly Toolset[];
}

export function createRunnerAgent(options: RunnerAgentOptions): Agent {
  const checkArguments = createArgumentsCheck();
  return createAgent({ name: options.name, type: 'runner' }, async (state, context) => {
    const control = readControl(state.task.control);
    const lastCall = textIn(state.task.control, 'lastCall');
    const tools = await listTools({ ...options, wanted: options.order, callerRoles: state.task.callerRoles }, context.signal);
    if (control.callMessageId === undefined) return nextTool(state, lastCall, { ...options, tools });
    const outcome = await runToolStep(state, context, control, { ...options, tools, checkArguments });
    return { ...outcome, control: { ...outcome.control, lastCall } };
  });
}

function nextTool(state: StepState, lastCall: string, { name, order, tools, clock }: RunnerAgentOptions): StepOutcome {
  const { history } = state;
  const control = readControl(state.task.control);
  const result = findResult(history, lastCall);
  const nothing = { control: state.task.control, messages: [], events: [] };
  if (lastCall !== '' && result?.isError !== false) {
    const reason = result === undefined ? 'its result is no longer in the session' : result.content;
    return failed(new AppError('AGENT_FAILED', { message: `The tool '${result?.name ?? ''}' failed: ${reason}` }), state, nothing);
  }
  const input = result?.content ?? whatToAnswer(history);
  const id = newId(clock.now());
  if (control.iteration >= order.length) {
    const message: SessionMessage = { id, role: 'agent', author: name, parts: [{ type: 'text', text: input }], createdAt: clock.now() };
    const events = describeOutput({ text: input, append: control.wroteOutput, lastChunk: true });
    return { type: 'finished', control: state.task.control, messages: [message], events };
  }
  const toolName = order[control.iteration] as string;
  const tool = tools.find((candidate) => candidate.name === toolName);
  if (tool === undefined)
    return failed(new AppError('TOOL_NOT_FOUND', { message: `agents.${name}.tools: there is no tool '${toolName}' now` }), state, nothing);
  const call: ToolCallPart = { type: 'tool_call', id: `hector-${id}`, name: toolName, arguments: toArguments(tool, input) };
  const message: SessionMessage = { id, role: 'agent', author: name, parts: [call], createdAt: clock.now() };
  const next = { ...control, iteration: control.iteration + 1, wroteOutput: true, callMessageId: id };
  return {
    type: 'continue',
    durable: true,
    control: { ...writeControl(next), lastCall: call.id },
    messages: [message],
    events: describeOutput({ calls: [call], append: control.wroteOutput }),
  };
}

/** The newest message that is neither a decision nor a tool's. */
function whatToAnswer(history: readonly SessionMessage[]): string {
  const message = withoutDecisions(history).findLast((candidate) => candidate.role !== 'tool' && textOrData(candidate) !== '');
  return message === undefined ? '' : textOrData(message);
}

function textOrData(message: SessionMessage): string {
  const text = textOf(message);
  if (text !== '') return text;
  const data = message.parts.find((part) => part.type === 'data');
  return data?.type === 'data' ? JSON.stringify(data.data) : '';
}

function findResult(history: readonly SessionMessage[], callId: string): ToolResultPart | undefined {
  for (const { parts } of [...history].reverse())
    for (const part of parts) if (part.type === 'tool_result' && part.callId === callId) return part;
  return undefined;
}

function textIn(control: JsonObject, key: string): string {
  const value = control[key];
  return typeof value === 'string' ? value : '';
}
