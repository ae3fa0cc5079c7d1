/** One tool call with the code around it (AGT-14): `beforeTool` → the tool → `afterTool`. */
import { withinForeignCode } from '../../base/scope.js';
import type { Logger } from '../../observe/log.js';
import type { ToolContext, ToolResult } from '../../providers/tools/contract.js';
import type { AgentCustomization, InvocationContext, ToolCallInfo } from './customization.js';
import type { ReadyCall } from './prepare-call.js';
import { runCallback } from './run-callback.js';

export interface ToolCode {
  readonly callbacks: Pick<AgentCustomization, 'beforeTool' | 'afterTool'>;
  readonly invocation: InvocationContext;
}

/** What comes of it may be anything, and need not be a promise: `storeResult` looks at it. */
export async function startTool(call: ReadyCall, context: ToolContext, code: ToolCode, log: Logger): Promise<unknown> {
  const result = (await askBeforeTool(call, code)) ?? (await call.tool.execute(call.arguments, context));
  return await askAfterTool(call, result, code, log);
}

/** @throws AppError what `beforeTool` throws */
export async function askBeforeTool(call: ReadyCall, { callbacks: { beforeTool }, invocation }: ToolCode): Promise<ToolResult | undefined> {
  if (beforeTool === undefined) return undefined;
  const { agent, signal } = invocation;
  return await runCallback({ agent, signal, name: 'beforeTool' }, () => beforeTool(invocation, describeCall(call)));
}

/** The result that counts. */
export async function askAfterTool(
  call: ReadyCall,
  result: ToolResult,
  { callbacks: { afterTool }, invocation }: ToolCode,
  log: Logger,
): Promise<unknown> {
  if (afterTool === undefined) return result;
  try {
    // An abort does not end this wait: the tool has run, and its result counts as it is after the callback or not at all.
    return (await withinForeignCode(() => afterTool(invocation, describeCall(call), result))) ?? result;
  } catch (error) {
    const tool = call.tool.name;
    log.error({ err: error, tool, callId: call.id }, 'afterTool failed; the result of the call is withheld');
    return { content: `Error: the tool '${tool}' ran, but its result is withheld: the code that checks it failed`, isError: true };
  }
}

function describeCall({ id, tool, arguments: args }: ReadyCall): ToolCallInfo {
  return { callId: id, tool: tool.name, arguments: args };
}
