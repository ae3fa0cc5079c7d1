/** One tool call with the code around it (AGT-14): `beforeTool` → the tool → `afterTool`. */
import type { Logger } from '../../observe/log.js';
import type { ToolContext, ToolResult } from '../../providers/tools/contract.js';
import type { AgentCustomization, InvocationContext } from './customization.js';
import type { ReadyCall } from './prepare-call.js';
import { runCallback } from './run-callback.js';

export interface ToolCode {
  readonly callbacks: Pick<AgentCustomization, 'beforeTool' | 'afterTool'>;
  readonly invocation: InvocationContext;
}

/** What comes of it may be anything, and need not be a promise: `storeResult` looks at it. */
export async function startTool(
  { id, tool, arguments: args }: ReadyCall,
  context: ToolContext,
  { callbacks, invocation }: ToolCode,
  log: Logger,
): Promise<unknown> {
  const call = { callId: id, tool: tool.name, arguments: args };
  const { beforeTool, afterTool } = callbacks;
  const about = { agent: context.agent, signal: context.signal };
  const instead =
    beforeTool === undefined ? undefined : await runCallback({ ...about, name: 'beforeTool' }, () => beforeTool(invocation, call));
  const result: ToolResult = instead ?? (await tool.execute(args, context));
  if (afterTool === undefined) return result;
  try {
    // An abort does not end this wait: the tool has run, and its result counts as it is after the callback or not at all.
    return (await afterTool(invocation, call, result)) ?? result;
  } catch (error) {
    log.error({ err: error, tool: tool.name, callId: id }, 'afterTool failed; the result of the call is withheld');
    return { content: `Error: the tool '${tool.name}' ran, but its result is withheld: the code that checks it failed`, isError: true };
  }
}
