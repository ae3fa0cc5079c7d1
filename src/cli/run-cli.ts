import { AppError, hasCode } from '../base/errors.js';
import { findNearestName } from '../config/nearest-name.js';
import type { CliContext, CommandInput } from './command.js';
import { COMMANDS } from './commands.js';
import { GLOBAL_OPTIONS, globalOptionsBeside, withLogFlags } from './global-flags.js';
import { findCommandIndex, parseArguments } from './parse-arguments.js';
import { formatError } from './show-error.js';
import { formatCommandHelp, formatOverview } from './show-help.js';

/** Runs one command line and gives its exit code: 0 ok, 1 failure, 2 wrong usage. Never throws. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  let environment = context.environment;
  try {
    const index = findCommandIndex(argv, GLOBAL_OPTIONS);
    if (index === -1) return await runWithoutCommand(argv, context);
    const name = argv[index] as string;
    const rest = [...argv.slice(0, index), ...argv.slice(index + 1)];
    if (name === 'help') return await showHelp(rest, context);
    const command = await getCommand(name).load();
    const input = parseArguments(rest, { ...globalOptionsBeside(command.options), ...command.options }, command.maxArguments);
    if (input.flags.help === true) {
      context.terminal.write(formatCommandHelp(command));
      return 0;
    }
    environment = withLogFlags(environment, input);
    return await command.run(input, { ...context, environment });
  } catch (error) {
    context.terminal.writeError(formatError(error, { debug: environment.LOG_LEVEL === 'debug' }));
    return hasCode(error, 'CLI_USAGE') ? 2 : 1;
  }
}

async function runWithoutCommand(argv: readonly string[], context: CliContext): Promise<number> {
  const version = { version: { type: 'boolean', short: 'v', description: 'Print the version' } } as const;
  const { flags }: CommandInput = parseArguments(argv, { ...GLOBAL_OPTIONS, ...version }, 0);
  if (flags.version === true) return (await getCommand('version').load()).run({ arguments: [], flags: {} }, context);
  if (flags.help === true) context.terminal.write(formatOverview(COMMANDS));
  else context.terminal.writeError(formatOverview(COMMANDS));
  return flags.help === true ? 0 : 2;
}

async function showHelp(argv: readonly string[], context: CliContext): Promise<number> {
  const [name] = parseArguments(argv, GLOBAL_OPTIONS, 1).arguments;
  context.terminal.write(name === undefined ? formatOverview(COMMANDS) : formatCommandHelp(await getCommand(name).load()));
  return 0;
}

function getCommand(name: string) {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry !== undefined) return entry;
  const near = findNearestName(name, Object.keys(COMMANDS));
  throw new AppError('CLI_USAGE', {
    message: `unknown command '${name}'; ${near === undefined ? `there are ${Object.keys(COMMANDS).join(', ')}` : `did you mean '${near}'?`}`,
  });
}
