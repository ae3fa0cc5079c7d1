import { parseArgs } from 'node:util';
import { AppError } from '../base/errors.js';
import { findNearestName } from '../config/nearest-name.js';
import type { CommandInput, OptionSpec } from './command.js';

type Options = Readonly<Record<string, OptionSpec>>;

/** Position in `argv` of the command's name: the first word that is neither a flag nor the value of a global one; -1 if none. */
export function findCommandIndex(argv: readonly string[], globals: Options): number {
  const { tokens } = parseArgs({ args: [...argv], options: toParseOptions(globals), strict: false, tokens: true, allowPositionals: true });
  return tokens.find((token) => token.kind === 'positional')?.index ?? -1;
}

/** @throws AppError `CLI_USAGE`, with the nearest known flag. */
export function parseArguments(argv: readonly string[], options: Options, maxArguments: number): CommandInput {
  const { tokens } = parseArgs({
    args: fillBareFlags(argv, options),
    options: toParseOptions(options),
    strict: false,
    tokens: true,
    allowPositionals: true,
    allowNegative: true,
  });
  const flags: Record<string, string | boolean> = {};
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind === 'option')
      flags[negated(token.name, options) ?? token.name] = readFlag(token.name, token.rawName, token.value, options);
  }
  if (words.length > maxArguments) {
    throw new AppError('CLI_USAGE', {
      message: `unexpected argument '${words[maxArguments]}'; ${maxArguments === 0 ? 'this command takes none' : `at most ${maxArguments} wanted`} (see --help)`,
    });
  }
  return { arguments: words, flags };
}

/** `--tools` at the end, or before another flag, is `--tools=all`. */
function fillBareFlags(argv: readonly string[], options: Options): string[] {
  return argv.map((word, index) => {
    const bare = word.startsWith('--') && Object.hasOwn(options, word.slice(2)) ? options[word.slice(2)]?.bare : undefined;
    return bare !== undefined && (argv[index + 1] ?? '-').startsWith('-') ? `${word}=${bare}` : word;
  });
}

function readFlag(name: string, rawName: string, value: string | undefined, options: Options): string | boolean {
  const positive = negated(name, options);
  const option = Object.hasOwn(options, positive ?? name) ? options[positive ?? name] : undefined;
  if (option === undefined) {
    const near = findNearestName(name, Object.keys(options));
    throw new AppError('CLI_USAGE', {
      message: `unknown flag ${rawName}; ${near === undefined ? 'see --help for those there are' : `did you mean --${near}?`}`,
    });
  }
  if (option.type === 'boolean') {
    if (value !== undefined) throw new AppError('CLI_USAGE', { message: `${rawName} takes no value, but '${value}' was given` });
    return positive === undefined && !rawName.startsWith('--no-');
  }
  if (value === undefined)
    throw new AppError('CLI_USAGE', { message: `${rawName} wants a value: ${rawName} ${option.value ?? '<value>'}` });
  if (option.choices !== undefined && !option.choices.includes(value)) {
    throw new AppError('CLI_USAGE', { message: `${rawName} is '${value}'; wanted one of ${option.choices.join(', ')}` });
  }
  return value;
}

/** The switch that `no-<name>` turns off. */
function negated(name: string, options: Options): string | undefined {
  const positive = name.startsWith('no-') ? name.slice(3) : undefined;
  return positive !== undefined && Object.hasOwn(options, positive) && options[positive]?.type === 'boolean' ? positive : undefined;
}

function toParseOptions(options: Options): Record<string, { type: 'string' | 'boolean'; short?: string }> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, short }]) => [name, short === undefined ? { type } : { type, short }]),
  );
}
