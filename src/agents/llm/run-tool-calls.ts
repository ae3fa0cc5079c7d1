/** The tool calls of one model turn: in parallel, results in the order of the calls (AGT-05, AGT-07, W-33). */
import { abortError, throwIfAborted, untilAborted } from '../../base/abort.js';
import { AppError, describeError } from '../../base/errors.js';
import type { JsonObject, JsonValue } from '../../base/json.js';
import type { Logger } from '../../observe/log.js';
import { withSpan } from '../../observe/trace.js';
import type { CheckArguments } from '../../providers/tools/arguments.js';
import type { Tool, ToolContext, ToolResult } from '../../providers/tools/contract.js';
import type { ToolResultPart } from '../../tasks/session-message.js';
import type { RequestedCall } from './collect-answer.js';

export interface RunToolCallsOptions {
  readonly tools: readonly Tool[];
  readonly checkArguments: CheckArguments;
  readonly context: Omit<ToolContext, 'callId'>;
  /** 0 = unlimited (AGT-13). */
  readonly maxToolOutputLength: number;
  readonly log: Logger;
}

export interface ToolCallResult {
  readonly part: ToolResultPart;
  readonly data: JsonValue | undefined;
}

/** @throws only when the step is aborted: every other failure is a result that the model can read. */
export async function runToolCalls(calls: readonly RequestedCall[], options: RunToolCallsOptions): Promise<readonly ToolCallResult[]> {
  const results = await Promise.all(calls.map((call) => runToolCall(call, options)));
  throwIfAborted(options.context.signal);
  return results;
}

async function runToolCall(call: RequestedCall, options: RunToolCallsOptions): Promise<ToolCallResult> {
  const { content, isError, data } = await callTool(call, options);
  return {
    part: {
      type: 'tool_result',
      callId: call.id,
      name: call.name,
      content: truncate(content, options.maxToolOutputLength),
      isError: isError === true,
    },
    data,
  };
}

async function callTool(call: RequestedCall, options: RunToolCallsOptions): Promise<ToolResult> {
  const { context, log } = options;
  try {
    const tool = getTool(call, options.tools);
    const attributes = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': tool.name,
      'gen_ai.tool.description': tool.description,
      'gen_ai.tool.call.id': call.id,
    };
    return await withSpan('hector.tool.execute', attributes, async () => {
      const args = getArguments(call, tool, options.checkArguments);
      return await untilAborted(tool.execute(args, { ...context, callId: call.id }), context.signal);
    });
  } catch (error) {
    if (context.signal.aborted) throw abortError(context.signal);
    log.warn({ err: error, tool: call.name, callId: call.id }, 'a tool call failed');
    return { content: `Error: ${error instanceof AppError ? error.message : describeError(error)}`, isError: true };
  }
}

function getTool({ name }: RequestedCall, tools: readonly Tool[]): Tool {
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool !== undefined) return tool;
  const known = tools.map((candidate) => candidate.name).join(', ') || 'no tool';
  throw new AppError('TOOL_NOT_FOUND', { message: `unknown tool '${name}'; there is ${known}` });
}

function getArguments(call: RequestedCall, tool: Tool, checkArguments: CheckArguments): JsonObject {
  if (call.invalidArguments !== undefined) {
    throw new AppError('TOOL_ARGUMENTS_INVALID', {
      message: `the arguments are not a JSON object: ${call.invalidArguments.slice(0, 500)}`,
    });
  }
  const check = checkArguments(tool, call.arguments);
  if (check.type === 'valid') return check.arguments;
  throw new AppError('TOOL_ARGUMENTS_INVALID', { message: `invalid arguments for '${tool.name}': ${check.problems}` });
}

function truncate(content: string, maxLength: number): string {
  if (maxLength <= 0 || content.length <= maxLength) return content;
  return `${content.slice(0, maxLength)}... [TRUNCATED by client: output length ${content.length} exceeded safety limit]`;
}
