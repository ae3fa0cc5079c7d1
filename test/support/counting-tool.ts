import type { JsonObject } from '../../src/base/json.js';
import type { Tool, ToolContext, ToolResult } from '../../src/providers/tools/contract.js';

type Execute = (args: JsonObject, context: ToolContext) => ToolResult | Promise<ToolResult>;

/** A tool that counts. */
export function countingTool(name: string, effect: Tool['effect'], more: Partial<Omit<Tool, 'execute'>> = {}, execute?: Execute) {
  const executed: { args: JsonObject; context: ToolContext }[] = [];
  return {
    name,
    description: name,
    parameters: { type: 'object', properties: { unit: { type: 'string', default: 'EUR' } } },
    effect,
    executed,
    ...more,
    execute: async (args: JsonObject, context: ToolContext) => {
      executed.push({ args, context });
      return execute === undefined ? { content: `${name} ${executed.length}` } : execute(args, context);
    },
  };
}
