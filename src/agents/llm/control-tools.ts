/** Tools by which a model says what becomes of the conversation (AGT-08), and what its prompt says about them (AGT-09). */
import type { AgentSettings } from '../../config/settings.js';
import type { Tool, ToolResult } from '../../providers/tools/contract.js';
import type { StepActions } from '../agent.js';
import type { PreparedCall } from './prepare-call.js';

export interface ControlTool extends Tool {
  /** The condition that ends the loop when it was called (AGT-02); `exit_loop` always does. */
  readonly terminates: 'exit' | 'escalate' | 'transfer';
  /** Of a transfer: roles whose runs have it. Default: all (API-74). */
  readonly allowedRoles?: readonly string[] | undefined;
  /** Its result. A call that has another one was not carried out. */
  readonly says: string;
  actionsOf(args: Readonly<Record<string, unknown>>): StepActions;
}

export interface TransferTarget {
  /** Key in `agents`. */
  readonly name: string;
  readonly description: string;
  /** Of the agent. Default: it is for all. */
  readonly allowedRoles?: readonly string[] | undefined;
}

export interface ControlToolsOptions {
  readonly reasoning: Pick<AgentSettings['reasoning'], 'enableExitTool' | 'enableEscalateTool'>;
  /** It works inside a loop, which nothing but `escalate` ends (W-26). */
  readonly isInLoop: boolean;
  readonly targets: readonly TransferTarget[];
}

export function createControlTools({ reasoning, isInLoop, targets }: ControlToolsOptions): readonly ControlTool[] {
  return [
    ...(reasoning.enableExitTool ? [EXIT] : []),
    ...((reasoning.enableEscalateTool ?? isInLoop) ? [ESCALATE] : []),
    ...targets.map(createTransferTool),
  ];
}

export function transferToolName(target: string): string {
  return `transfer_to_${target}`;
}

export function isControlTool(tool: Tool): tool is ControlTool {
  return 'terminates' in tool;
}

export interface EndingCall {
  readonly id: string;
  readonly tool: ControlTool;
  readonly actions: StepActions;
}

/** The first of an answer's calls that ends the loop. */
export function findEndingCall(
  prepared: readonly PreparedCall[],
  conditions: AgentSettings['reasoning']['terminationConditions'],
  isCarriedOut: (id: string, tool: ControlTool) => boolean = () => true,
): EndingCall | undefined {
  for (const call of prepared) {
    if (call.type !== 'ready' || !isControlTool(call.tool)) continue;
    const { id, tool } = call;
    if (tool.terminates !== 'exit' && !conditions.includes(tool.terminates)) continue;
    if (isCarriedOut(id, tool)) return { id, tool, actions: tool.actionsOf(call.arguments) };
  }
  return undefined;
}

/** '' when nothing needs saying. */
export function describeCompletion(tools: readonly Tool[], instruction: string | undefined): string {
  const controls = tools.filter(isControlTool);
  if (controls.length === 0) return '';
  if (instruction !== undefined) return instruction;
  return ['How to finish:', ...controls.map(({ name, terminates }) => GUIDELINES[terminates](name))].join('\n');
}

const GUIDELINES: Readonly<Record<ControlTool['terminates'], (name: string) => string>> = {
  exit: (name) => `- When the task is done, give your answer and call ${name}.`,
  escalate: (name) => `- When no further round is needed, or somebody above you has to take over, call ${name} and say why.`,
  transfer: (name) => `- When another agent fits the request better, call ${name}; it takes the conversation over and answers itself.`,
};

const REASON = {
  type: 'object',
  properties: { reason: { type: 'string', description: 'Why, in a sentence.', default: '' } },
  additionalProperties: false,
} as const;

const EXIT: ControlTool = {
  name: 'exit_loop',
  description: 'Ends your work on this task. What you have said is the answer.',
  parameters: { type: 'object', properties: {}, additionalProperties: false },
  effect: 'pure',
  terminates: 'exit',
  says: 'The work on this task ends.',
  actionsOf: () => ({}),
  execute: answerOwn,
};

const ESCALATE: ControlTool = {
  name: 'escalate',
  description: 'Ends your work and the loop around it: the result is good enough, or nothing more can be done here.',
  parameters: REASON,
  effect: 'pure',
  terminates: 'escalate',
  says: 'Escalated.',
  actionsOf: ({ reason }) => ({ escalate: typeof reason === 'string' ? reason : '' }),
  execute: answerOwn,
};

function createTransferTool({ name, description, allowedRoles }: TransferTarget): ControlTool {
  return {
    name: transferToolName(name),
    description: `Hands the conversation over to the agent '${name}', which answers from here on. ${description}`,
    parameters: {
      type: 'object',
      properties: { request: { type: 'string', description: 'What the agent is to do, with all that it needs to know.', default: '' } },
      additionalProperties: false,
    },
    effect: 'pure',
    terminates: 'transfer',
    allowedRoles,
    says: `The conversation was handed over to '${name}'.`,
    actionsOf: () => ({ transferTo: name }),
    execute: answerOwn,
  };
}

async function answerOwn(this: ControlTool): Promise<ToolResult> {
  return { content: this.says };
}
