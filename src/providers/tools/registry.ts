/** The tools that an agent sees. */
import type { Clock } from '../../base/clock.js';
import { AppError, type FieldProblem } from '../../base/errors.js';
import type { FunctionToolSettings, McpToolSettings, ToolSettings } from '../../config/settings.js';
import { McpToolset, type McpToolsetOptions } from './adapters/mcp/mcp-toolset.js';
import { createRequestApprovalTool } from './adapters/request-approval.js';
import { createSearchTool } from './adapters/search.js';
import type { Tool, Toolset } from './contract.js';
import { mayBeOffered } from './may-be-offered.js';
import type { PassageSearch } from './passage-search.js';

export interface CreateToolsOptions {
  /** Key of the agent; error messages name `agents.<name>.…`. */
  readonly agent: string;
  /** `agents.<name>.tools`: `undefined` = all, `[]` = none, else those named (CFG-31). */
  readonly tools: readonly string[] | undefined;
  /** `tools` of the configuration. */
  readonly declared?: Readonly<Record<string, ToolSettings>>;
  /** Keys in `document_stores` that the agent may read; `search` exists when there is one (RAG-50). */
  readonly documentStores: readonly string[];
  /** The configuration has one, for this agent or for another. Default: when this agent has one. */
  readonly hasDocumentStores?: boolean;
  readonly search: PassageSearch;
  /** Tools that code adds (ARC-10); one of them may replace a built-in tool of the same name. */
  readonly extensions?: readonly Tool[];
  readonly clock: Clock;
}

/**
 * A tool that the configuration declares is to be had as declared and in no other way: under its own name, and with its own
 * approval, too. `request_approval` is had by agents that name it, or when it is declared.
 * @throws AppError `CONFIG_INVALID` for a handler that does not exist or has nothing to work with, and for a named tool that the agent cannot have.
 */
export function createTools(options: CreateToolsOptions): readonly Tool[] {
  const { agent, tools, declared = {} } = options;
  const handlers = createHandlers(options);
  throwProblems(findHandlerProblems(options));
  const entries = Object.entries(declared).filter((entry): entry is [string, FunctionToolSettings] => entry[1].type === 'function');
  const handled = new Set(entries.map(([, { handler }]) => handler));
  const available = [
    ...[...handlers.values()].filter(({ name }) => !handled.has(name) && !Object.hasOwn(declared, name)),
    ...entries.flatMap(([name, settings]) => {
      const handler = handlers.get(settings.handler);
      return settings.enabled && handler !== undefined ? [declare(name, settings, handler, isBuiltIn(settings.handler, options))] : [];
    }),
  ];
  if (tools === undefined) return available.filter(({ name }) => name !== ON_REQUEST || Object.hasOwn(declared, name));
  throwProblems(
    tools.flatMap((name, index) =>
      available.some((tool) => tool.name === name) || mayBeOffered(name, declared)
        ? []
        : [{ field: `agents.${agent}.tools[${index}]`, description: describeMissing(name, declared) }],
    ),
  );
  return available.filter((tool) => tools.includes(tool.name));
}

/** The tools of a server (TOOL-53); what agents have of them is joined in each step. */
export function createToolset(name: string, settings: McpToolSettings, options: Omit<McpToolsetOptions, 'name' | 'settings'>): Toolset {
  return new McpToolset({ ...options, name, settings });
}

/** Built-in tools and those that code adds, by name; `search` only with something to search. */
function createHandlers({ documentStores, search, extensions = [], clock }: CreateToolsOptions): ReadonlyMap<string, Tool> {
  const builtIn = [
    ...(documentStores.length === 0 ? [] : [createSearchTool({ stores: documentStores, search, clock })]),
    createRequestApprovalTool(),
  ];
  return new Map([...builtIn, ...extensions].map((tool) => [tool.name, tool]));
}

/** TOOL-01: a handler that is not built in waits for approval unless the configuration says otherwise. */
function declare(name: string, settings: FunctionToolSettings, handler: Tool, isBuiltIn: boolean): Tool {
  const approvalPrompt = settings.approvalPrompt ?? handler.approvalPrompt;
  return {
    name,
    description: settings.description ?? handler.description,
    parameters: handler.parameters,
    effect: settings.effect ?? handler.effect,
    requiresApproval: settings.requireApproval ?? (isBuiltIn ? handler.requiresApproval === true : true),
    ...(approvalPrompt === undefined ? {} : { approvalPrompt }),
    execute: (args, context) => handler.execute(args, context),
  };
}

function findHandlerProblems({
  declared = {},
  extensions = [],
  documentStores,
  hasDocumentStores = documentStores.length > 0,
}: CreateToolsOptions): readonly FieldProblem[] {
  const known = [...new Set([...BUILT_IN, ...extensions.map(({ name }) => name)])];
  return Object.entries(declared).flatMap(([name, settings]) => {
    if (settings.type !== 'function') return [];
    const { handler, requireApproval, enabled } = settings;
    if (!known.includes(handler))
      return [{ field: `tools.${name}.handler`, description: `there is no handler '${handler}'; there is ${known.join(', ')}` }];
    if (handler === 'search' && enabled && !hasDocumentStores && !extensions.some((tool) => tool.name === handler))
      return [
        {
          field: `tools.${name}.handler`,
          description: "the value is search, and 'document_stores' has no entry to search; add one, or leave the tool out",
        },
      ];
    if (handler === ON_REQUEST && requireApproval === false)
      return [{ field: `tools.${name}.require_approval`, description: `the value is false; '${ON_REQUEST}' always waits, leave it out` }];
    return [];
  });
}

function isBuiltIn(handler: string, { extensions = [] }: CreateToolsOptions): boolean {
  return BUILT_IN.includes(handler) && !extensions.some(({ name }) => name === handler);
}

function throwProblems(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  throw new AppError('CONFIG_INVALID', {
    message: problems.map(({ field, description }) => `${field}: ${description}`).join('\n'),
    problems,
  });
}

function describeMissing(name: string, declared: Readonly<Record<string, ToolSettings>>): string {
  const own = declared[name];
  if (own?.enabled === false) return `tools.${name}.enabled is false`;
  if (own?.type === 'mcp' && own.internal) return `tools.${name}.internal is true: it serves document parsing only`;
  if (name === 'search' || (own?.type === 'function' && own.handler === 'search'))
    return `'${name}' needs a document store in the agent's document_stores`;
  const as = Object.entries(declared).flatMap(([key, tool]) => (tool.type === 'function' && tool.handler === name ? [`'${key}'`] : []));
  return as.length > 0 ? `'${name}' is declared as ${as.join(', ')}; name that` : `there is no tool '${name}'`;
}

const ON_REQUEST = 'request_approval';
const BUILT_IN: readonly string[] = ['search', ON_REQUEST];
