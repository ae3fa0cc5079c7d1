/** `tools.<name>` with `type: command`: shell commands inside a folder, checked before they run (spec/08 8.3). */
import { resolve } from 'node:path';
import { duration, flag, integer, list, optional, type Static, section, text } from '../schema-builder.js';
import type { CommandToolSettings, CommonToolSettings } from '../settings.js';
import type { ResolveContext } from './resolve-context.js';

const COMMAND = text('Name of a program, without its folder.', { minLength: 1 });

export const COMMAND_KEYS = {
  working_directory: optional(text('Folder that the tool works in and never leaves. Default: ./', { minLength: 1 })),
  max_execution_time: optional(duration('How long one call may take, milliseconds or 30s. Default: 30s.', { minimum: 1 })),
  allowed_commands: optional(list(COMMAND, 'The only commands that may run. Default: every command that is not denied.')),
  denied_commands: optional(list(COMMAND, 'Commands that may not run, beside those that never may (src/providers/tools/README.md).')),
  deny_by_default: optional(flag('Only allowed_commands may run, also when there are none. Default: false.')),
  max_output_bytes: optional(
    integer('What is kept of the output of one call, bytes; the middle is left out. Default: 262144.', { minimum: 256 }),
  ),
  environment: optional(
    list(
      text('Name of a variable.', { minLength: 1 }),
      'Variables of this process that commands see beside PATH, HOME, language and time zone.',
    ),
  ),
};

const CommandSchema = section(COMMAND_KEYS, 'A tool that runs commands.');

export function resolveCommandTool(
  tool: Static<typeof CommandSchema>,
  { workingDirectory }: Pick<ResolveContext, 'workingDirectory'>,
): Omit<CommandToolSettings, keyof CommonToolSettings> {
  return {
    type: 'command',
    workingDirectory: resolve(workingDirectory, tool.working_directory ?? './'),
    maxExecutionTimeMs: tool.max_execution_time ?? 30_000,
    allowedCommands: tool.allowed_commands ?? [],
    deniedCommands: tool.denied_commands ?? [],
    denyByDefault: tool.deny_by_default ?? false,
    maxOutputBytes: tool.max_output_bytes ?? 262_144,
    environment: tool.environment ?? [],
  };
}
