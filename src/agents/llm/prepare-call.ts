/** A tool call as the model wrote it, checked before anything is done for it (AGT-07, TOOL-22, W-34). */
import { AppError, toAppError } from '../../base/errors.js';
import { canonicalJson, type JsonObject, sha256Hex } from '../../base/json.js';
import type { CheckArguments } from '../../providers/tools/arguments.js';
import type { Tool } from '../../providers/tools/contract.js';
import type { ToolCallPart } from '../../tasks/session-message.js';
import { isAgentTool } from '../as-tool/create-agent-tool.js';
import type { AuthorizeTool } from '../guardrails/tool-guard.js';

/** A call that can be run. */
export interface ReadyCall {
  readonly type: 'ready';
  readonly id: string;
  readonly tool: Tool;
  /** As they are executed: with the schema's defaults. */
  readonly arguments: JsonObject;
  /** SHA-256 of their canonical JSON: what a decision is bound to (W-30). */
  readonly argumentsHash: string;
  /** The same for every attempt of this call, and for no other call (R7). */
  readonly idempotencyKey: string;
}

/** A call that cannot be run; the model reads why and may correct itself. */
export interface RefusedCall {
  readonly type: 'refused';
  readonly id: string;
  readonly error: AppError;
}

export type PreparedCall = ReadyCall | RefusedCall;

export interface PrepareCallOptions {
  readonly tools: readonly Tool[];
  readonly checkArguments: CheckArguments;
  readonly taskId: string;
  /** Whose task it is, for whoever is told of refusals. Default: nobody knows. */
  readonly owner?: string;
  /** Default: every tool may be called. */
  readonly authorizeTool?: AuthorizeTool | undefined;
}

export function prepareCall(
  call: ToolCallPart,
  { tools, checkArguments, taskId, owner = '', authorizeTool }: PrepareCallOptions,
): PreparedCall {
  try {
    const tool = getTool(call, tools);
    const refusal = authorizeTool?.({ name: tool.name, isControl: 'terminates' in tool }, { taskId, owner, callId: call.id });
    if (refusal !== undefined) throw refusal;
    const args = getArguments(call, tool, checkArguments);
    return {
      type: 'ready',
      id: call.id,
      tool,
      arguments: args,
      argumentsHash: sha256Hex(canonicalJson(args)),
      idempotencyKey: idempotencyKey(taskId, call.id),
    };
  } catch (error) {
    return { type: 'refused', id: call.id, error: toAppError(error) };
  }
}

/** Whether the model's answer must be committed before this call runs (R7), or begins a run of its own. */
export function needsLedger(call: PreparedCall): boolean {
  return call.type === 'ready' && (call.tool.effect !== 'pure' || call.tool.requiresApproval === true || isAgentTool(call.tool));
}

function idempotencyKey(taskId: string, callId: string): string {
  return sha256Hex(canonicalJson([taskId, callId]));
}

function getTool({ name }: ToolCallPart, tools: readonly Tool[]): Tool {
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool !== undefined) return tool;
  const known = tools.map((candidate) => candidate.name).join(', ') || 'no tool';
  throw new AppError('TOOL_NOT_FOUND', { message: `unknown tool '${name}'; there is ${known}` });
}

function getArguments(call: ToolCallPart, tool: Tool, checkArguments: CheckArguments): JsonObject {
  if (call.invalidArguments !== undefined) {
    throw new AppError('TOOL_ARGUMENTS_INVALID', {
      message: `the arguments are not a JSON object: ${call.invalidArguments.slice(0, 500)}`,
    });
  }
  if (call.argumentsBytes !== undefined) {
    throw new AppError('TOOL_ARGUMENTS_INVALID', {
      message: `the arguments of '${tool.name}' have ${call.argumentsBytes} bytes, which is more than server.limits.max_tool_bytes lets one call, or the calls of one answer together, have; send less`,
    });
  }
  const check = checkArguments(tool, call.arguments);
  if (check.type === 'valid') return check.arguments;
  throw new AppError('TOOL_ARGUMENTS_INVALID', { message: `invalid arguments for '${tool.name}': ${check.problems}` });
}
