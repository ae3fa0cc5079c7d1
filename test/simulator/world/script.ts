/** What a run is to do, as its first message says it, and the tools that there are. */
import type { ToolEffect } from '../../../src/tasks/tool-call.js';

export interface AgentScript {
  readonly steps: readonly ScriptedStep[];
  /** The last step ends as failed. */
  readonly fails: boolean;
  /** Of the agent that branches: those that work side by side, one round after the other. Default: none. */
  readonly rounds?: readonly (readonly ScriptedBranch[])[];
}

export interface ScriptedBranch {
  readonly agent: string;
  readonly inheritsHistory: boolean;
  readonly script: AgentScript;
}

export interface ScriptedStep {
  /** Pieces of text that are shown one by one, with so long between them. */
  readonly words: number;
  readonly wordMs: number;
  /** The step ends by asking its client something. Of the plain agent. */
  readonly asks: boolean;
  /** The model cannot be reached, with this probability per try. Of the plain agent. */
  readonly failing: number;
  /** Tools that the model asks for, and how long each call takes. Of the product's agent. */
  readonly calls: readonly { readonly tool: ToolName; readonly forMs: number }[];
}

export const TOOL_NAMES = ['look', 'put', 'pay', 'wire', 'peek'] as const;

export type ToolName = (typeof TOOL_NAMES)[number];

export interface SimulatedTool {
  readonly effect: ToolEffect;
  readonly requiresApproval: boolean;
}

export const TOOLS: Readonly<Record<ToolName, SimulatedTool>> = {
  look: { effect: 'pure', requiresApproval: false },
  put: { effect: 'idempotent', requiresApproval: false },
  pay: { effect: 'once', requiresApproval: false },
  wire: { effect: 'once', requiresApproval: true },
  peek: { effect: 'pure', requiresApproval: true },
};
