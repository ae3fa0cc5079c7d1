/** `agent_tools`: an agent that another one calls as a tool (AGT-23). A call is a run of its own below the caller's (AGT-24). */
import type { JsonObject } from '../../base/json.js';
import type { AgentToolSettings } from '../../config/settings.js';
import type { Tool } from '../../providers/tools/contract.js';

export interface AgentTool extends Tool {
  /** Key in `agents`. */
  readonly delegatesTo: string;
  /** Roles whose runs have it; `undefined` = all (API-74). */
  readonly allowedRoles: readonly string[] | undefined;
  /** What it answers is the caller's answer: no model reads it first. */
  readonly skipSummarization: boolean;
  /** Its arguments are what the agent's `input_schema` wants; it reads them as JSON. */
  readonly hasOwnInput: boolean;
}

export interface AgentToolOptions {
  /** Key in `agents`; the tool's name. */
  readonly agent: string;
  readonly description: string;
  readonly options?: AgentToolSettings | undefined;
  /** Of the agent. Default: it is for all. */
  readonly allowedRoles?: readonly string[] | undefined;
  /** Of the arguments, when they are not one text (AGT-15). */
  readonly inputSchema?: JsonObject | undefined;
}

/** `pure`: the run that a call begins is begun by the caller's commit, which happens once (R2). */
export function createAgentTool({ agent, description, options, inputSchema, allowedRoles }: AgentToolOptions): AgentTool {
  return {
    name: agent,
    description: `Asks the agent '${agent}' and returns what it answers. ${description}`,
    parameters: inputSchema ?? {
      type: 'object',
      properties: { request: { type: 'string', description: 'What the agent is to do, with all that it needs to know.' } },
      required: ['request'],
      additionalProperties: false,
    },
    effect: 'pure',
    ...(options?.requireApproval ? { requiresApproval: true } : {}),
    ...(options?.approvalPrompt === undefined ? {} : { approvalPrompt: options.approvalPrompt }),
    delegatesTo: agent,
    allowedRoles,
    hasOwnInput: inputSchema !== undefined,
    skipSummarization: options?.skipSummarization ?? false,
    execute: () => Promise.reject(new Error(`the agent tool '${agent}' is a run of its own`)),
  };
}

export function isAgentTool(tool: Tool): tool is AgentTool {
  return 'delegatesTo' in tool;
}
