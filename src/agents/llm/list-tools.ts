import { opensTo } from '../../access/principal.js';
import type { AgentSettings } from '../../config/settings.js';
import type { Tool, Toolset } from '../../providers/tools/contract.js';
import { joinToolsets } from '../../providers/tools/join-toolsets.js';
import { isAgentTool } from '../as-tool/create-agent-tool.js';
import { isControlTool } from './control-tools.js';

export interface ListToolsOptions {
  /** Its own. */
  readonly tools: readonly Tool[];
  /** Servers whose tools it has beside its own, asked for anew in each step (TOOL-53). Default: none. */
  readonly toolsets?: readonly Toolset[];
  /** Of the run; `undefined` = no role is wanted of it. */
  readonly callerRoles: readonly string[] | undefined;
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
export async function listTools(
  { tools, toolsets = [], wanted, callerRoles }: ListToolsOptions,
  signal: AbortSignal,
): Promise<readonly Tool[]> {
  const own = callerRoles === undefined ? tools : tools.filter((tool) => opensTo(rolesOf(tool), callerRoles));
  if (toolsets.length === 0) return own;
  const offered = await Promise.all(toolsets.map(async (toolset) => ({ toolset: toolset.name, tools: await toolset.list(signal) })));
  return joinToolsets(own, offered, wanted);
}

/** API-74: to a caller without its roles an agent does not exist, whoever would ask it. */
function rolesOf(tool: Tool): readonly string[] | undefined {
  return isAgentTool(tool) || isControlTool(tool) ? tool.allowedRoles : undefined;
}
