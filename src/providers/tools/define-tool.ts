/** Tools in code with typed arguments (TOOL-50, TOOL-51): the schema is what models read, what calls are checked against, and the type. */
import type { Static, TObject } from '@sinclair/typebox';
import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import type { ToolEffect } from '../../tasks/tool-call.js';
import type { Tool, ToolContext, ToolResult } from './contract.js';

export interface ToolDescription<P extends TObject> {
  /** What models and `agents.<name>.tools` call it. */
  readonly name: string;
  readonly description: string;
  /** A TypeBox object. A property with a default may be left out by models, and is there when the tool is called. */
  readonly parameters: P;
  /** What repeating a call after a crash means (R7). Default `once`. */
  readonly effect?: ToolEffect;
  /** Default false. */
  readonly requiresApproval?: boolean;
  /** Asks for the decision; `{name}` stands for the argument of that name. */
  readonly approvalPrompt?: string;
  /**
   * Gives the result, or what the model reads of it. A generator shows what it yields as it goes; without a result of its own, all of that
   * is the result. `context.signal` says when to stop: a call that stopped for it throws.
   */
  execute(args: Static<P>, context: ToolContext): Output | Promise<Output> | AsyncGenerator<string, Output | undefined>;
}

type Output = ToolResult | string;

/** @throws AppError `CONFIG_INVALID` for a name that models cannot call, or a schema that is not an object's */
export function defineTool<P extends TObject>(description: ToolDescription<P>): Tool {
  const { name, effect = 'once', requiresApproval, approvalPrompt } = description;
  if (!/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/.test(name))
    throw new AppError('CONFIG_INVALID', {
      message: `tool '${name}': wanted a letter or underscore, then letters, digits, _ or -, at most 64 characters`,
    });
  return {
    name,
    description: description.description,
    parameters: publishParameters(name, description.parameters),
    effect,
    ...(requiresApproval === undefined ? {} : { requiresApproval }),
    ...(approvalPrompt === undefined ? {} : { approvalPrompt }),
    // Arguments were checked against the schema that `Static` is the type of.
    execute: async (args, context) => await settle(description.execute(args as Static<P>, context), context),
  };
}

async function settle(output: ReturnType<ToolDescription<TObject>['execute']>, context: ToolContext): Promise<ToolResult> {
  if (!isGenerator(output)) return toResult(await output);
  let shown = '';
  for (;;) {
    const { done, value } = await output.next();
    if (done) return value === undefined ? { content: shown } : toResult(value as ToolResult | string);
    context.progress(value);
    shown += value;
    if (context.signal.aborted) {
      await output.return(undefined);
      context.signal.throwIfAborted();
    }
  }
}

function isGenerator(output: unknown): output is AsyncGenerator<string, Output | undefined> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output;
}

function toResult(value: ToolResult | string): ToolResult {
  return typeof value === 'string' ? { content: value } : value;
}

/** Plain JSON; what has a default need not be given. */
function publishParameters(name: string, parameters: TObject): JsonObject {
  const schema: unknown = JSON.parse(JSON.stringify(parameters));
  if (!isJsonObject(schema) || schema.type !== 'object')
    throw new AppError('CONFIG_INVALID', { message: `tool '${name}': parameters is not the schema of an object` });
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const hasDefault = (key: unknown) =>
    isJsonObject(properties[String(key)]) && (properties[String(key)] as JsonObject).default !== undefined;
  const required = Array.isArray(schema.required) ? schema.required.filter((key) => !hasDefault(key)) : [];
  return { additionalProperties: false, ...schema, required };
}
