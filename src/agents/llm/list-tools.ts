import type { AgentSettings } from '../../config/settings.js';
import type { Tool, Toolset } from '../../providers/tools/contract.js';
import { joinToolsets } from '../../providers/tools/join-toolsets.js';

export interface ListToolsOptions {
  /** Its own. */
  readonly tools: readonly Tool[];
  /** Servers whose tools it has beside its own, asked for anew in each step (TOOL-53). Default: none. */
  readonly toolsets?: readonly Toolset[];
  /** `agents.<name>.tools` */
  readonly wanted: AgentSettings['tools'];
}

/** What the model is told of servers that have not told their tools; '' = of none. */
export function describeMissingTools(toolsets: readonly Toolset[] = []): string {
  const missing = toolsets.filter(({ isUnknown }) => isUnknown).map(({ name }) => `'${name}'`);
  if (missing.length === 0) return '';
  return `Not all tools are there at the moment: ${missing.join(', ')} cannot be reached. Do what can be done without them, and say what cannot.`;
}

/** Those of this step: a call that an earlier one planned finds its tool again by name. */
export async function listTools({ tools, toolsets = [], wanted }: ListToolsOptions, signal: AbortSignal): Promise<readonly Tool[]> {
  if (toolsets.length === 0) return tools;
  const offered = await Promise.all(toolsets.map(async (toolset) => ({ toolset: toolset.name, tools: await toolset.list(signal) })));
  return joinToolsets(tools, offered, wanted);
}
