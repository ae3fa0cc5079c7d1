import type { Command, OptionSpec } from './command.js';
import type { CommandEntry } from './commands.js';
import { GLOBAL_OPTIONS, globalOptionsBeside } from './global-flags.js';

export function formatOverview(commands: Readonly<Record<string, CommandEntry>>): string {
  const rows = Object.entries(commands).map(([name, entry]): [string, string] => [name, entry.summary]);
  return [
    'Hector: a config-first A2A agent server.',
    '',
    'Usage: hector <command> [flags]',
    '',
    'Commands:',
    ...formatRows(rows),
    '',
    'Flags of every command:',
    ...formatOptions(GLOBAL_OPTIONS),
    '',
    "Examples:\n  hector quickstart\n  hector serve --config hector.yaml\n  hector ask 'What is our refund rule?'",
    '',
    "'hector <command> --help' tells more about a command.",
    '',
  ].join('\n');
}

export function formatCommandHelp(command: Command): string {
  const own = Object.keys(command.options).length > 0 ? ['Flags:', ...formatOptions(command.options), ''] : [];
  return [
    `${command.summary}.`,
    '',
    `Usage: hector ${command.name} ${command.usage}`.trimEnd(),
    '',
    ...own,
    'Flags of every command:',
    ...formatOptions(globalOptionsBeside(command.options)),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

function formatOptions(options: Readonly<Record<string, OptionSpec>>): string[] {
  return formatRows(
    Object.entries(options).map(([name, option]) => [
      `${option.short === undefined ? '    ' : `-${option.short}, `}--${name}${option.value === undefined ? '' : ` ${option.value}`}`,
      option.description,
    ]),
  );
}

function formatRows(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
