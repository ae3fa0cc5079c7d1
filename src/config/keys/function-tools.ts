/** `tools.<name>` with `type: function`: a built-in tool or one that code adds, and the limits of the built-in ones. */
import { resolve } from 'node:path';
import { duration, freeForm, integer, list, optional, type Static, section, text } from '../schema-builder.js';
import type { CommonToolSettings, FunctionToolSettings, ToolLimits, WebLimits } from '../settings.js';
import type { ResolveContext } from './resolve-context.js';
import { resolveWebLimits, WEB_HANDLERS, WEB_KEYS, WEB_MEMBERS } from './web-tools.js';

const EXTENSION = text('With or without its dot; small and capital letters are the same.', { minLength: 1 });

export const FUNCTION_KEYS = {
  handler: optional(text('Built-in tool, or one that code adds.', { minLength: 1 })),
  parameters: optional(freeForm("JSON Schema of the arguments in place of the handler's own.")),
  working_directory: optional(text('Folder that the tool works in and never leaves. Default: ./', { minLength: 1 })),
  max_read_bytes: optional(integer('Largest file that is read, bytes. Default: 10485760.', { minimum: 1 })),
  max_write_bytes: optional(integer('Largest file that is written, bytes. Default: 1048576.', { minimum: 1 })),
  max_replacements: optional(integer('Places that one call may replace. Default: 100.', { minimum: 1 })),
  allowed_extensions: optional(list(EXTENSION, 'Only files with one of these endings are written. Default: every ending.')),
  denied_extensions: optional(list(EXTENSION, 'Files with one of these endings are not written. Default: none.')),
  max_undo_steps: optional(integer('Changes of one file that undo_edit can take back. Default: 20.', { minimum: 0, maximum: 1000 })),
  max_file_size: optional(integer('Larger files are not searched, bytes. Default: 10485760.', { minimum: 1 })),
  max_files: optional(integer('Files that one call searches at most. Default: 20000.', { minimum: 1 })),
  max_results: optional(
    integer('Matches or results that one call shows at most. Default: 1000, for web_search 20.', { minimum: 1, maximum: 10_000 }),
  ),
  max_execution_time: optional(duration('How long one call may take, milliseconds or 30s. Default: 30s.', { minimum: 1 })),
  ...WEB_KEYS,
};

type LimitKey = Exclude<keyof typeof FUNCTION_KEYS, 'handler' | 'parameters'>;

const FOLDER: readonly LimitKey[] = ['working_directory'];
const READS: readonly LimitKey[] = ['max_read_bytes'];
const WRITES: readonly LimitKey[] = ['max_write_bytes', 'allowed_extensions', 'denied_extensions'];

/** Which limits each built-in tool has. */
const LIMITS_OF_HANDLERS: Readonly<Record<string, readonly LimitKey[]>> = {
  text_editor: [...FOLDER, ...READS, ...WRITES, 'max_replacements', 'max_undo_steps'],
  read_file: [...FOLDER, ...READS],
  write_file: [...FOLDER, ...WRITES],
  search_replace: [...FOLDER, ...READS, ...WRITES, 'max_replacements'],
  apply_patch: [...FOLDER, ...READS, ...WRITES, 'max_replacements'],
  grep_search: [...FOLDER, 'max_file_size', 'max_files', 'max_results', 'max_execution_time'],
  web_request: [...WEB_HANDLERS.web_request, 'max_execution_time'],
  web_fetch: [...WEB_HANDLERS.web_fetch, 'max_execution_time'],
  web_search: [...WEB_HANDLERS.web_search, 'max_results', 'max_execution_time'],
};

export const LIMITED_HANDLERS: readonly string[] = Object.keys(LIMITS_OF_HANDLERS);

/** What resolving needs to know of where it happens. */
export type ResolveToolContext = Pick<ResolveContext, 'workingDirectory' | 'environment'>;

const FunctionSchema = section(FUNCTION_KEYS, 'A tool by its handler.');

/** Limits of built-in tools only, and only those that the handler reads: what a file may not say, `Settings` do not hold. */
export function resolveFunctionTool(
  tool: Static<typeof FunctionSchema>,
  context: ResolveToolContext,
): Omit<FunctionToolSettings, keyof CommonToolSettings> {
  const handler = tool.handler as string;
  const limits: ToolLimits & WebLimits = {
    ...resolveWebLimits(tool, context),
    workingDirectory: resolve(context.workingDirectory, tool.working_directory ?? './'),
    maxReadBytes: tool.max_read_bytes ?? 10_485_760,
    maxWriteBytes: tool.max_write_bytes ?? 1_048_576,
    maxReplacements: tool.max_replacements ?? 100,
    allowedExtensions: tool.allowed_extensions ?? [],
    deniedExtensions: tool.denied_extensions ?? [],
    maxUndoSteps: tool.max_undo_steps ?? 20,
    maxFileBytes: tool.max_file_size ?? 10_485_760,
    maxFiles: tool.max_files ?? 20_000,
    maxResults: tool.max_results ?? (handler === 'web_search' ? 20 : 1_000),
    maxExecutionTimeMs: tool.max_execution_time ?? 30_000,
  };
  const read = findLimitKeys(handler).map((key) => MEMBERS[key]);
  return { type: 'function', handler, parameters: tool.parameters, ...Object.fromEntries(read.map((member) => [member, limits[member]])) };
}

/** Limits that a handler has; none for one that code adds. */
export function findLimitKeys(handler: string): readonly LimitKey[] {
  return Object.hasOwn(LIMITS_OF_HANDLERS, handler) ? (LIMITS_OF_HANDLERS[handler] as readonly LimitKey[]) : [];
}

const MEMBERS: Readonly<Record<LimitKey, keyof (ToolLimits & WebLimits)>> = {
  ...WEB_MEMBERS,
  working_directory: 'workingDirectory',
  max_read_bytes: 'maxReadBytes',
  max_write_bytes: 'maxWriteBytes',
  max_replacements: 'maxReplacements',
  allowed_extensions: 'allowedExtensions',
  denied_extensions: 'deniedExtensions',
  max_undo_steps: 'maxUndoSteps',
  max_file_size: 'maxFileBytes',
  max_files: 'maxFiles',
  max_results: 'maxResults',
  max_execution_time: 'maxExecutionTimeMs',
};
