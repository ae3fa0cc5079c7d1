import type { JsonObject } from '../../../../base/json.js';
import type { McpToolSettings } from '../../../../config/settings.js';
import type { ToolEffect } from '../../../../tasks/tool-call.js';
import type { CheckArguments } from '../../arguments.js';
import type { Tool, ToolContext, ToolResult } from '../../contract.js';
import type { OfferedTool } from './read-tools.js';
import { toToolResult } from './to-tool-result.js';

/** One request for a call. */
export type SendForCall = (method: string, params: JsonObject, effect: ToolEffect, context: ToolContext) => Promise<JsonObject>;

export interface CreateToolOptions {
  readonly settings: McpToolSettings;
  readonly send: SendForCall;
  readonly checkOutput: CheckArguments;
}

/** A server's tool as agents have it. Its effect: as configured, else as it is annotated (readOnlyHint, idempotentHint), else `once`. */
export function createMcpTool(offered: OfferedTool, { settings, send, checkOutput }: CreateToolOptions): Tool {
  const { rawName, name, parameters, outputSchema } = offered;
  const annotated = offered.isReadOnly ? 'pure' : offered.isIdempotent ? 'idempotent' : 'once';
  const tool = withPolicy({ rawName, name, description: offered.description, effect: annotated }, settings);
  const findOutputProblem = (value: JsonObject): string | undefined => {
    if (outputSchema === undefined) return undefined;
    const check = checkOutput({ name, parameters: outputSchema, isForeign: true }, value);
    return check.type === 'valid' ? undefined : check.problems;
  };
  return {
    ...tool,
    parameters,
    isForeign: true,
    async execute(args, context): Promise<ToolResult> {
      const params = { name: rawName, arguments: args, _meta: { [IDEMPOTENCY_KEY]: context.idempotencyKey } };
      return toToolResult(await send('tools/call', params, tool.effect, context), { findOutputProblem });
    },
  };
}

/** What the configuration says of a tool of this server: for it alone, else for all, else the tool's own. */
export function withPolicy(
  own: { readonly rawName: string; readonly name: string; readonly description: string; readonly effect: ToolEffect },
  { overrides, ...all }: McpToolSettings,
): Pick<Tool, 'name' | 'description' | 'effect' | 'requiresApproval' | 'approvalPrompt'> {
  const one = Object.hasOwn(overrides, own.rawName)
    ? overrides[own.rawName]
    : Object.hasOwn(overrides, own.name)
      ? overrides[own.name]
      : undefined;
  const approvalPrompt = one?.approvalPrompt ?? all.approvalPrompt;
  return {
    name: own.name,
    description: one?.description ?? own.description,
    effect: one?.effect ?? all.effect ?? own.effect,
    requiresApproval: one?.requireApproval ?? all.requireApproval ?? false,
    ...(approvalPrompt === undefined ? {} : { approvalPrompt }),
  };
}

/** In a call's `_meta`: the same for every attempt of the call, and for no other (R7). */
const IDEMPOTENCY_KEY = 'hector/idempotency-key';
