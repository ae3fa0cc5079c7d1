/**
 * `tools.<name>` (spec/03 3.6): keys that every kind has here, those of one kind in a file of its own.
 *
 * A kind is a line in `KINDS`, its keys in the schema and its case in `resolveTool`.
 */
import { choice, flag, named, object, optional, type Static, text } from '../schema-builder.js';
import type { CommonToolSettings, ToolSettings } from '../settings.js';
import { COMMAND_KEYS, resolveCommandTool } from './command-tools.js';
import { FUNCTION_KEYS, LIMITED_HANDLERS, resolveFunctionTool } from './function-tools.js';
import { MCP_KEYS, resolveMcpTool } from './mcp-tools.js';
import type { ResolveContext } from './resolve-context.js';

/** Keys of each kind beside the common ones; `config/check-tools.ts` refuses those of another. */
export const KINDS = {
  function: Object.keys(FUNCTION_KEYS),
  command: Object.keys(COMMAND_KEYS),
  mcp: Object.keys(MCP_KEYS),
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ToolKind = keyof typeof KINDS;

const COMMON_KEYS = {
  type: optional(
    choice(Object.keys(KINDS) as ToolKind[], 'Kind of tool. Default: function when it has a handler, mcp when it has a url or a command.'),
  ),
  enabled: flag('Agents may use it.', { default: true }),
  description: optional(text('What the model reads about it.', { minLength: 1 })),
  require_approval: optional(flag('Each call waits for a decision first. Default: as the tool says.')),
  approval_prompt: optional(text('Asks for the decision; {name} stands for the argument of that name.', { minLength: 1 })),
  effect: optional(
    choice(
      ['pure', 'idempotent', 'once'],
      'What a repeated call would mean: nothing; nothing under the same idempotency key; harm. Default: as the tool says.',
    ),
  ),
};

/** Keys that two kinds have are the same key. */
const ToolSchema = object({ ...COMMON_KEYS, ...FUNCTION_KEYS, ...COMMAND_KEYS, ...MCP_KEYS }, 'One tool.');

export const ToolsSchema = named(ToolSchema, 'Tools by name.');

/** The kind that is meant where none is written; `undefined` = it cannot be told. */
export function findToolKind(tool: Readonly<Record<string, unknown>>): string | undefined {
  if (tool.type !== undefined) return String(tool.type);
  if (tool.handler !== undefined) return 'function';
  return tool.url === undefined && tool.command === undefined ? undefined : 'mcp';
}

export function resolveTool(tool: Static<typeof ToolSchema>, context: Pick<ResolveContext, 'workingDirectory'>): ToolSettings {
  const common: CommonToolSettings = {
    enabled: tool.enabled,
    description: tool.description,
    requireApproval: tool.require_approval,
    approvalPrompt: tool.approval_prompt,
    effect: tool.effect,
  };
  switch (findToolKind(tool) as ToolKind) {
    case 'function':
      return { ...resolveFunctionTool(tool, context), ...common };
    case 'command':
      return { ...resolveCommandTool(tool, context), ...common };
    case 'mcp':
      return { ...resolveMcpTool(tool, context), ...common };
  }
}

/** Built-in tools as they are without any key. */
export function resolveBuiltInTools(context: Pick<ResolveContext, 'workingDirectory'>): Readonly<Record<string, ToolSettings>> {
  const functions = LIMITED_HANDLERS.map((handler) => [handler, resolveTool({ type: 'function', handler, enabled: true }, context)]);
  return Object.fromEntries([...functions, ['bash', resolveTool({ type: 'command', enabled: true }, context)]]);
}
