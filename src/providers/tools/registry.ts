/** The tools that an agent sees. */
import type { ResolveHost } from '../../access/outbound-guard.js';
import type { Clock } from '../../base/clock.js';
import { AppError, type FieldProblem } from '../../base/errors.js';
import { withinForeignCode } from '../../base/scope.js';
import type { FunctionToolSettings, McpToolSettings, ToolLimits, ToolSettings, WebLimits } from '../../config/settings.js';
import { chooseWebSearchEngine } from '../web-search/registry.js';
import { createCommandTool } from './adapters/command/command-tool.js';
import { createApplyPatchTool } from './adapters/files/apply-patch.js';
import { createGrepSearchTool } from './adapters/files/grep-search.js';
import { createReadFileTool } from './adapters/files/read-file.js';
import { createSearchReplaceTool } from './adapters/files/search-replace.js';
import { createTextEditorTool } from './adapters/files/text-editor.js';
import { createWriteFileTool } from './adapters/files/write-file.js';
import { McpToolset, type McpToolsetOptions } from './adapters/mcp/mcp-toolset.js';
import { createRequestApprovalTool } from './adapters/request-approval.js';
import { createSearchTool } from './adapters/search.js';
import { createSearchMemoryTool, type SearchMemoryToolOptions } from './adapters/search-memory.js';
import { createTodoWriteTool } from './adapters/todo-write.js';
import { createAskService } from './adapters/web/ask-service.js';
import type { Exchange } from './adapters/web/exchange.js';
import { createGuardedExchange } from './adapters/web/guarded-exchange.js';
import { createWebFetchTool } from './adapters/web/web-fetch.js';
import { createWebRequestTool } from './adapters/web/web-request.js';
import { createWebSearchTool } from './adapters/web/web-search.js';
import { createArgumentsCheck } from './arguments.js';
import { BUILT_IN_COMMAND, BUILT_IN_HANDLERS, BUILT_IN_TOOLS, type BuiltInHandler, HAD_WITHOUT_NAMING } from './built-in.js';
import type { Tool, Toolset } from './contract.js';
import { mayBeOffered } from './may-be-offered.js';
import type { PassageSearch } from './passage-search.js';

export interface CreateToolsOptions {
  /** Key of the agent; error messages name `agents.<name>.…`. */
  readonly agent: string;
  /** `agents.<name>.tools`: `undefined` = all that are declared or need not be named, `[]` = none, else those named (CFG-31). */
  readonly tools: readonly string[] | undefined;
  /** `tools` of the configuration. */
  readonly declared?: Readonly<Record<string, ToolSettings>>;
  /** What built-in tools are when nobody declares them: `Settings.builtInTools`. Default: those with a working directory are not to be had. */
  readonly builtInTools?: Readonly<Record<string, ToolSettings>>;
  /** Keys in `document_stores` that the agent may read; `search` exists when there is one (RAG-50). */
  readonly documentStores: readonly string[];
  /** The configuration has one, for this agent or for another. Default: when this agent has one. */
  readonly hasDocumentStores?: boolean;
  readonly search: PassageSearch;
  /** Tools that code adds (ARC-10); one of them may replace a built-in tool of the same name. */
  readonly extensions?: readonly Tool[];
  readonly clock: Clock;
  /** For web tools. Default: as the system resolves names. */
  readonly resolveHost?: ResolveHost;
}

/**
 * A tool that the configuration declares is to be had as declared and in no other way: under its own name, and with its own
 * approval, too. Without `tools`, an agent has what is declared, what code adds, and `HAD_WITHOUT_NAMING`.
 * @throws AppError `CONFIG_INVALID` for a handler that does not exist or has nothing to work with, and for a named tool that the agent cannot have.
 */
export function createTools(options: CreateToolsOptions): readonly Tool[] {
  const { agent, tools, declared = {}, extensions = [] } = options;
  throwProblems(findHandlerProblems(options));
  const entries = Object.entries(declared);
  const handled = new Set(entries.map(([, tool]) => handlerOf(tool)));
  const own = [...new Set([...BUILT_IN_TOOLS, ...extensions.map(({ name }) => name)])]
    .filter((name) => !handled.has(name) && !Object.hasOwn(declared, name))
    .flatMap((name) => createUndeclared(name, options) ?? []);
  const available = [
    ...own,
    ...entries.flatMap(([name, settings]) => (settings.enabled ? (declareTool(name, settings, options) ?? []) : [])),
  ];
  if (tools === undefined)
    return available.filter(({ name }) => Object.hasOwn(declared, name) || HAD_WITHOUT_NAMING.includes(name) || isExtension(name, options));
  throwProblems(
    tools.flatMap((name, index) =>
      available.some((tool) => tool.name === name) || mayBeOffered(name, declared)
        ? []
        : [{ field: `agents.${agent}.tools[${index}]`, description: describeMissing(name, declared) }],
    ),
  );
  return available.filter((tool) => tools.includes(tool.name));
}

/** `agents.<name>.search`: that key gives it, whatever `tools` names (MEM-05). `undefined` when another tool has its name. */
export function findMemoryTool(options: SearchMemoryToolOptions, others: readonly Tool[]): Tool | undefined {
  const tool = createSearchMemoryTool(options);
  return others.some(({ name }) => name === tool.name) ? undefined : tool;
}

/** The tools of a server (TOOL-53); what agents have of them is joined in each step. */
export function createToolset(name: string, settings: McpToolSettings, options: Omit<McpToolsetOptions, 'name' | 'settings'>): Toolset {
  return new McpToolset({ ...options, name, settings });
}

/** `undefined`: the agent has nothing for it to work with, or the kind is made elsewhere. */
function declareTool(name: string, settings: ToolSettings, options: CreateToolsOptions): Tool | undefined {
  const { clock } = options;
  switch (settings.type) {
    case 'command':
      return adjust(name, settings, createCommandTool(settings, { clock }), true);
    case 'function': {
      const extension = findExtension(settings.handler, options);
      const tool = extension ?? createHandler(settings.handler, settings, { ...options, name });
      return tool === undefined ? undefined : adjust(name, settings, tool, extension === undefined);
    }
    // Its tools are those that the server offers in a step.
    case 'mcp':
      return undefined;
  }
}

function createUndeclared(name: string, options: CreateToolsOptions): Tool | undefined {
  const extension = findExtension(name, options);
  if (extension !== undefined) return extension;
  const settings = options.builtInTools?.[name];
  if (name === BUILT_IN_COMMAND) return settings?.type === 'command' ? createCommandTool(settings, options) : undefined;
  return createHandler(name, settings?.type === 'function' ? settings : undefined, { ...options, name });
}

interface HandlerOptions extends CreateToolsOptions {
  /** Key in `tools`, or what the key would be. */
  readonly name: string;
}

/** A built-in tool; those that have limits only with settings. */
function createHandler(handler: string, settings: FunctionToolSettings | undefined, options: HandlerOptions): Tool | undefined {
  const { documentStores, search, clock } = options;
  const withLimits = (create: (limits: ToolLimits & WebLimits) => Tool): Tool | undefined =>
    // The configuration fills in the limits that this handler reads.
    settings === undefined ? undefined : create(settings as FunctionToolSettings & ToolLimits & WebLimits);
  switch (handler as BuiltInHandler) {
    case 'search':
      return documentStores.length === 0 ? undefined : createSearchTool({ stores: documentStores, search, clock });
    case 'request_approval':
      return createRequestApprovalTool();
    case 'todo_write':
      return createTodoWriteTool();
    case 'text_editor':
      return withLimits(createTextEditorTool);
    case 'read_file':
      return withLimits(createReadFileTool);
    case 'write_file':
      return withLimits(createWriteFileTool);
    case 'search_replace':
      return withLimits(createSearchReplaceTool);
    case 'apply_patch':
      return withLimits(createApplyPatchTool);
    case 'grep_search':
      return withLimits((limits) => createGrepSearchTool(limits, { clock }));
    case 'web_request':
      return withLimits((limits) => createWebRequestTool(limits, exchangeOf(limits, options)));
    case 'web_fetch':
      return withLimits((limits) => createWebFetchTool(exchangeOf(limits, options), { clock }));
    case 'web_search':
      return withLimits((limits) => createSearchOfWeb(limits, options));
  }
}

function exchangeOf(limits: ToolLimits & WebLimits, { name, clock, resolveHost }: HandlerOptions): Exchange {
  return createGuardedExchange({ limits, allowPrivate: limits.allowPrivate, keyPath: `tools.${name}`, resolveHost, clock });
}

/** Where the engine is was said by whoever wrote the configuration, and may be inside. */
function createSearchOfWeb(limits: ToolLimits & WebLimits, options: HandlerOptions): Tool {
  const keyPath = `tools.${options.name}`;
  const exchange = exchangeOf({ ...limits, allowPrivate: ['*'], maxRedirects: 0, allowedDomains: [], deniedDomains: [] }, options);
  const choice = chooseWebSearchEngine(limits, keyPath, createAskService(exchange, keyPath));
  return createWebSearchTool({ choice, maxResults: limits.maxResults });
}

/** TOOL-01, TOOL-02: a handler that is not built in waits for approval unless the configuration says otherwise. */
function adjust(name: string, settings: ToolSettings, tool: Tool, isBuiltIn: boolean): Tool {
  const approvalPrompt = settings.approvalPrompt ?? tool.approvalPrompt;
  const parameters = settings.type === 'function' ? settings.parameters : undefined;
  return {
    name,
    description: settings.description ?? tool.description,
    parameters: parameters ?? tool.parameters,
    effect: settings.effect ?? tool.effect,
    requiresApproval: settings.requireApproval ?? (isBuiltIn ? tool.requiresApproval === true : true),
    ...(approvalPrompt === undefined ? {} : { approvalPrompt }),
    execute: parameters === undefined ? (args, context) => tool.execute(args, context) : checkAgain(tool),
  };
}

/** The schema of the configuration is what models read; the tool still gets what its own asks for, with its defaults. */
function checkAgain(tool: Tool): Tool['execute'] {
  const check = createArgumentsCheck();
  return async (args, context) => {
    const checked = check(tool, args);
    if (checked.type === 'invalid')
      throw new AppError('TOOL_ARGUMENTS_INVALID', { message: `invalid arguments for '${tool.name}': ${checked.problems}` });
    return await tool.execute(checked.arguments, context);
  };
}

function findHandlerProblems({
  declared = {},
  extensions = [],
  documentStores,
  hasDocumentStores = documentStores.length > 0,
}: CreateToolsOptions): readonly FieldProblem[] {
  const known: readonly string[] = [...new Set([...BUILT_IN_HANDLERS, ...extensions.map(({ name }) => name)])];
  return Object.entries(declared).flatMap(([name, settings]) => {
    if (settings.type !== 'function') return [];
    const { handler, requireApproval, enabled } = settings;
    if (!known.includes(handler)) {
      const cure = handler === BUILT_IN_COMMAND ? "'bash' is a tool of 'type: command'" : `there is ${known.join(', ')}`;
      return [{ field: `tools.${name}.handler`, description: `there is no handler '${handler}'; ${cure}` }];
    }
    if (handler === 'search' && enabled && !hasDocumentStores && !extensions.some((tool) => tool.name === handler))
      return [
        {
          field: `tools.${name}.handler`,
          description: "the value is search, and 'document_stores' has no entry to search; add one, or leave the tool out",
        },
      ];
    if (handler === 'request_approval' && requireApproval === false)
      return [{ field: `tools.${name}.require_approval`, description: `the value is false; '${handler}' always waits, leave it out` }];
    return [];
  });
}

/** What a declared tool stands for: nobody has it under its own name any more. */
function handlerOf(settings: ToolSettings): string | undefined {
  return settings.type === 'function' ? settings.handler : undefined;
}

function findExtension(name: string, { extensions = [] }: CreateToolsOptions): Tool | undefined {
  const tool = extensions.find((one) => one.name === name);
  return tool === undefined ? undefined : withinItsScope(tool);
}

/** What code of others leaves to timers and emitters still knows for whom it is. */
function withinItsScope(tool: Tool): Tool {
  const { name, description, parameters, effect, requiresApproval, isForeign, approvalPrompt } = tool;
  return {
    ...{ name, description, parameters, effect },
    ...(requiresApproval === undefined ? {} : { requiresApproval }),
    ...(isForeign === undefined ? {} : { isForeign }),
    ...(approvalPrompt === undefined ? {} : { approvalPrompt }),
    execute: (args, context) => withinForeignCode(() => tool.execute(args, context)),
  };
}

function isExtension(name: string, options: CreateToolsOptions): boolean {
  return options.extensions?.some((tool) => tool.name === name) === true;
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
  if (name === 'search' || (own !== undefined && handlerOf(own) === 'search'))
    return `'${name}' needs a document store in the agent's document_stores`;
  const as = Object.entries(declared).flatMap(([key, tool]) => (handlerOf(tool) === name ? [`'${key}'`] : []));
  return as.length > 0 ? `'${name}' is declared as ${as.join(', ')}; name that` : `there is no tool '${name}'`;
}
