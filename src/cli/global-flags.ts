import type { Environment } from '../config/environment.js';
import type { CommandInput, OptionSpec } from './command.js';

/** CLI-10 to CLI-15: accepted by every command. */
export const GLOBAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  config: {
    type: 'string',
    short: 'c',
    value: '<file>',
    description:
      'Configuration: a file, or consul://host/key, etcd://host/key, zookeeper://host/key (default: HECTOR_CONFIG, then .hector/config.yaml)',
  },
  'log-level': {
    type: 'string',
    value: '<level>',
    description: 'debug, info, warn or error (default info)',
    choices: ['debug', 'info', 'warn', 'error'],
  },
  'log-file': { type: 'string', value: '<file>', description: 'File to append the log to (default: standard error output)' },
  'log-format': {
    type: 'string',
    value: '<format>',
    description: 'simple, verbose or json (default simple)',
    choices: ['simple', 'verbose', 'json'],
  },
  help: { type: 'boolean', short: 'h', description: 'Show help' },
};

/** The global flags without the short forms that a command uses for its own (CLI-06: `schema -c`). */
export function globalOptionsBeside(own: Readonly<Record<string, OptionSpec>>): Readonly<Record<string, OptionSpec>> {
  const taken = new Set(Object.values(own).map((option) => option.short));
  return Object.fromEntries(
    Object.entries(GLOBAL_OPTIONS).map(([name, option]) => {
      const { short, ...rest } = option;
      return [name, short !== undefined && taken.has(short) ? rest : option];
    }),
  );
}

/** Flags go before the environment, which goes before the file (CLI-14): they are laid over the variables. */
export function withLogFlags(environment: Environment, input: CommandInput): Environment {
  const overlay: Record<string, string> = {};
  for (const [flag, variable] of [
    ['log-level', 'LOG_LEVEL'],
    ['log-file', 'LOG_FILE'],
    ['log-format', 'LOG_FORMAT'],
  ] as const) {
    const value = input.flags[flag];
    if (typeof value === 'string') overlay[variable] = value;
  }
  return { ...environment, ...overlay };
}
