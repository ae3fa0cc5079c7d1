/** Tools of `type: command`, `bash` among them (TOOL-21, TOOL-30…34). */
import { realpath } from 'node:fs/promises';
import type { Clock } from '../../../../base/clock.js';
import { AppError } from '../../../../base/errors.js';
import type { CommandToolSettings } from '../../../../config/settings.js';
import type { Tool, ToolContext, ToolResult } from '../../contract.js';
import { findInside } from '../../workspace.js';
import { BoundedOutput } from './bounded-output.js';
import { MAX_COMMAND_LENGTH } from './command-policy.js';
import { runShell, type ShellEnd } from './run-shell.js';
import { createShellEnvironment } from './shell-environment.js';
import { TaggedLines } from './tag-lines.js';

export type CommandLimits = Omit<CommandToolSettings, 'type' | 'enabled' | 'description' | 'requireApproval' | 'approvalPrompt' | 'effect'>;

export interface CommandDependencies {
  readonly clock: Clock;
  /** Runs what was checked. Default: a shell of its own; tests of what must not run hand in one that runs nothing. */
  readonly run?: typeof runShell;
}

export function createCommandTool(limits: CommandLimits, dependencies: CommandDependencies): Tool {
  return {
    name: 'bash',
    description: describeTool(limits),
    parameters: {
      type: 'object',
      properties: {
        command: { type: 'string', minLength: 1, maxLength: MAX_COMMAND_LENGTH, description: 'The command line' },
        working_dir: { type: 'string', minLength: 1, default: '.', description: 'Folder to run in, relative to the working directory' },
      },
      required: ['command'],
      additionalProperties: false,
    },
    effect: 'once',
    requiresApproval: true,
    approvalPrompt: 'Run this command in {working_dir}?\n{command}',
    execute: (args, context) => runCommand(args['command'] as string, args['working_dir'] as string, { limits, dependencies, context }),
  };
}

interface RunOptions {
  readonly limits: CommandLimits;
  readonly dependencies: CommandDependencies;
  readonly context: ToolContext;
}

async function runCommand(command: string, workingDir: string, { limits, dependencies, context }: RunOptions): Promise<ToolResult> {
  const root = await realpath(limits.workingDirectory).catch((cause: unknown) => {
    throw new AppError('TOOL_FAILED', {
      message: `the working directory '${limits.workingDirectory}' cannot be opened; create it or change working_directory`,
      cause,
    });
  });
  const folder = await findInside(root, workingDir, { signal: context.signal });
  const { shell, searchPath, variables } = createShellEnvironment(root, limits.environment);
  // The parser is loaded with the first command.
  const { checkCommand } = await import('./check-command.js');
  checkCommand(command, { ...limits, root, folder, searchPath });

  const output = new BoundedOutput(limits.maxOutputBytes);
  const show = (text: string) => {
    output.add(text);
    context.progress(text);
  };
  const streams = { stdout: new TaggedLines('', show), stderr: new TaggedLines('[stderr] ', show) };
  const { clock, run = runShell } = dependencies;
  const start = clock.monotonic();
  const end = await run(command, {
    ...{ shell, folder, environment: variables, clock },
    maxMs: limits.maxExecutionTimeMs,
    onOutput: (stream, bytes) => streams[stream].add(bytes),
    signal: context.signal,
  });
  streams.stdout.end();
  streams.stderr.end();
  return {
    content: describeEnd(output.toString(), end, limits.maxExecutionTimeMs),
    ...(end.exitCode === 0 && !end.isLate ? {} : { isError: true }),
    data: { command, working_dir: workingDir, duration_ms: Math.round(clock.monotonic() - start), exit_code: end.exitCode },
  };
}

function describeEnd(output: string, { exitCode, signal, isLate }: ShellEnd, maxMs: number): string {
  const text = output === '' || output.endsWith('\n') ? output : `${output}\n`;
  if (isLate) return `${text}(ended after ${maxMs} ms, which is the limit; it may have done a part of its work)`;
  if (exitCode === 0) return text === '' ? '(no output)' : text;
  return `${text}(${exitCode === null ? `ended by ${signal}` : `exit code ${exitCode}`})`;
}

function describeTool({ allowedCommands, denyByDefault }: CommandLimits): string {
  const only = allowedCommands.length > 0 || denyByDefault ? ` Only these commands may run: ${allowedCommands.join(', ') || 'none'}.` : '';
  return `Runs a command line in bash inside the working directory. Standard input is empty, and nothing outlives the call. Commands that delete, change rights or need another user are refused, and so is what cannot be looked at before it runs.${only}`;
}
