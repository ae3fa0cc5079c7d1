import { systemClock } from '../../src/base/clock.js';
import { isJsonObject, type JsonObject } from '../../src/base/json.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { createArgumentsCheck } from '../../src/providers/tools/arguments.js';
import type { Tool, ToolContext, ToolResult } from '../../src/providers/tools/contract.js';
import { type CreateToolsOptions, createTools } from '../../src/providers/tools/registry.js';
import { toolContext } from './tool-context.js';

export interface WebToolOptions extends Pick<CreateToolsOptions, 'resolveHost'> {
  readonly environment?: Readonly<Record<string, string>>;
}

/** A web tool as the configuration makes it, named as its handler; `keys` are those of `tools.<handler>`. */
export function createWebTool(handler: string, keys: JsonObject = {}, { environment = {}, resolveHost }: WebToolOptions = {}): Tool {
  const settings = loadSettings({
    environment: { HOME: '/nowhere', ...environment },
    overrides: { tools: { [handler]: { handler, ...keys } } },
  });
  const tools = createTools({
    agent: 'helper',
    tools: [handler],
    declared: settings.tools,
    documentStores: [],
    search: { search: async () => [] },
    clock: systemClock,
    ...(resolveHost === undefined ? {} : { resolveHost }),
  });
  return tools[0] as Tool;
}

/** Calls it as agents do: with its defaults. */
export async function callTool(tool: Tool, args: JsonObject, context: Partial<ToolContext> = {}): Promise<ToolResult> {
  const checked = createArgumentsCheck()(tool, args);
  if (checked.type === 'invalid') throw new Error(checked.problems);
  return await tool.execute(checked.arguments, toolContext(context));
}

export function dataOf(result: ToolResult): JsonObject {
  return isJsonObject(result.data) ? result.data : {};
}
