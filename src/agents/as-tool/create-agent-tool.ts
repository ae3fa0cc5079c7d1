/** `agent_tools`: an agent that another one calls as a tool (AGT-23). A call is a run of its own below the caller's (AGT-24). */
import type { AgentToolSettings } from '../../config/settings.js';
import type { Tool } from '../../providers/tools/contract.js';

export interface AgentTool extends Tool {
  /** Key in `agents`. */
  readonly delegatesTo: string;
  /** What it answers is the caller's answer: no model reads it first. */
  readonly skipSummarization: boolean;
}

export interface AgentToolOptions {
  /** Key in `agents`; the tool's name. */
  readonly agent: string;
  readonly description: string;
  readonly options?: AgentToolSettings | undefined;
}

/** `pure`: the run that a call begins is begun by the caller's commit, which happens once (R2). */
export function createAgentTool({ agent, description, options }: AgentToolOptions): AgentTool {
  return {
    name: agent,
    description: `Asks the agent '${agent}' and returns what it answers. ${description}`,
    parameters: {
      type: 'object',
      properties: { request: { type: 'string', description: 'What the agent is to do, with all that it needs to know.' } },
      required: ['request'],
      additionalProperties: false,
    },
    effect: 'pure',
    ...(options?.requireApproval ? { requiresApproval: true } : {}),
    ...(options?.approvalPrompt === undefined ? {} : { approvalPrompt: options.approvalPrompt }),
    delegatesTo: agent,
    skipSummarization: options?.skipSummarization ?? false,
    execute: () => Promise.reject(new Error(`the agent tool '${agent}' is a run of its own`)),
  };
}

export function isAgentTool(tool: Tool): tool is AgentTool {
  return 'delegatesTo' in tool;
}
