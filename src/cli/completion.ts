import { AppError } from '../base/errors.js';
import type { Command, OptionSpec } from './command.js';
import { type CompletedCommand, type CompletedFlag, formatBash, formatFish, formatZsh } from './completion-scripts.js';
import { globalOptionsBeside } from './global-flags.js';

/** @param commands all there are, this one included */
export const createCompletionCommand = (commands: Commands): Command => ({
  name: 'completion',
  summary: 'Print what completes commands and flags in a shell',
  usage: 'bash|zsh|fish',
  maxArguments: 1,
  options: {},
  examples: [
    'hector completion bash > /etc/bash_completion.d/hector',
    'hector completion zsh > "${fpath[1]}/_hector"',
    'hector completion fish > ~/.config/fish/completions/hector.fish',
  ],
  async run(input, { terminal }) {
    const [shell = ''] = input.arguments;
    const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (write === undefined)
      throw new AppError('CLI_USAGE', { message: `completion wants one of ${Object.keys(SHELLS).join(', ')}: hector completion bash` });
    terminal.write(write(await describeCommands(commands)));
    return 0;
  },
});

type Commands = Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>>;

async function describeCommands(entries: Commands): Promise<readonly CompletedCommand[]> {
  const commands = await Promise.all(
    Object.entries(entries).map(async ([name, { summary, load }]) => ({ name, summary, command: await load() })),
  );
  return commands.map(({ name, summary, command: { usage, options } }) => ({
    name,
    summary,
    verbs: /^[a-z-]+(?:\|[a-z-]+)+/.exec(usage)?.[0].split('|') ?? [],
    takesPath: usage.includes('[file]'),
    flags: Object.entries({ ...globalOptionsBeside(options), ...options }).flatMap(([flag, option]) => describeFlag(flag, option)),
  }));
}

/** A switch that is on by default is there to be turned off. */
function describeFlag(name: string, { type, short, description, choices = [], value = '' }: OptionSpec): readonly CompletedFlag[] {
  const flag: CompletedFlag = {
    name,
    short,
    description: description.replaceAll(/['"`$\\[\]:]/g, ''),
    takesValue: type === 'string',
    choices,
    takesPath: value === '<file>' || value === '<folder>',
  };
  return /default on/.test(description) ? [flag, { ...flag, name: `no-${name}`, short: undefined }] : [flag];
}

const SHELLS: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash: formatBash,
  zsh: formatZsh,
  fish: formatFish,
};
