/**
 * What `serve` serves (CLI-20 to CLI-24, CFG-10): the configuration that is there, with the flags laid over it for this run; where there
 * is none, one that is made of flags and environment and written for the next time.
 */
import { join, resolve } from 'node:path';
import { AppError } from '../base/errors.js';
import { loadEnvironment } from '../config/environment.js';
import { DEFAULT_CONFIG_FILE } from '../config/find-config-file.js';
import { formatDocument, generateDocument, writeNewConfig } from '../config/generate-config.js';
import { LiveConfig, type LiveConfigOptions } from '../config/live-config.js';
import { loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import type { ConfigSource } from '../config/sources/config-source.js';
import { openConfigSource } from '../config/sources/open-config-source.js';
import { type CliContext, type CommandInput, findTextFlag, isFlagSet } from './command.js';
import { followSkillHere, watchSkillHere, withSkillHere } from './follow-skill-here.js';
import { findConfigName } from './load-command-settings.js';
import { listSecretFlags, serveOverrides, withFlagSecrets } from './serve-flags.js';

export interface ServeConfig {
  readonly settings: Settings;
  /** `undefined`: it lives in memory, and never changes. */
  readonly config: LiveConfig | undefined;
  readonly watches: boolean;
}

export async function openServeConfig(input: CommandInput, context: CliContext): Promise<ServeConfig> {
  const { workingDirectory } = context;
  const watches = isFlagSet(input, 'watch') || isFlagSet(input, 'studio');
  const environment = withFlagSecrets(context.environment, input);
  const overrides = serveOverrides(input, workingDirectory);
  const named = findConfigName(input, context);
  const options = { environment, workingDirectory, overrides };
  const inMemory = async (source: ConfigSource | undefined): Promise<ServeConfig> => {
    const withSkill = named === undefined ? withSkillHere(context, overrides) : overrides;
    return { ...(await load(source, { ...options, overrides: withSkill })), config: undefined, watches: false };
  };
  if (isFlagSet(input, 'ephemeral')) {
    const other = ['studio', 'watch'].find((flag) => isFlagSet(input, flag));
    if (other !== undefined)
      throw new AppError('CLI_USAGE', { message: `--ephemeral keeps no file that --${other} could be about; leave one of them out` });
    return await inMemory(named === undefined ? undefined : await openConfigSource(named, options));
  }
  const source = (await openConfigSource(named, options)) ?? (await openGenerated(input, context));
  // Nowhere to write it: as if it had been asked for.
  if (source === undefined) return await inMemory(undefined);
  // What somebody names, or lies elsewhere, is left as it is.
  const isOurs = named === undefined && source.place === resolve(workingDirectory, DEFAULT_CONFIG_FILE);
  if (isOurs) followSkillHere(context);
  const { settings, config } = await load(isOurs ? watchSkillHere(source, context) : source, options);
  return { settings, config, watches };
}

async function load(source: ConfigSource | undefined, options: Omit<LiveConfigOptions, 'source'>) {
  if (source === undefined) return { settings: loadSettings({ document: {}, ...options }), config: undefined };
  const config = new LiveConfig({ ...options, source });
  return { settings: (await config.load()).settings, config };
}

async function openGenerated(input: CommandInput, context: CliContext): Promise<ConfigSource | undefined> {
  const file = generate(input, context);
  return file === undefined ? undefined : await openConfigSource(file, context);
}

/** The path of what was written; `undefined`: this folder cannot be written to. */
function generate(input: CommandInput, { environment, workingDirectory, terminal }: CliContext): string | undefined {
  const file = join(workingDirectory, DEFAULT_CONFIG_FILE);
  const known = loadEnvironment({ environment: withFlagSecrets(environment, input), workingDirectory, configFile: file });
  const mcpUrl = findTextFlag(input, 'mcp-url') ?? (known.MCP_URL || undefined);
  const whole = mcpUrl === undefined ? input : { ...input, flags: { ...input.flags, 'mcp-url': mcpUrl } };
  const document = generateDocument(serveOverrides(whole, workingDirectory)({}), known);
  // What would not load is not left behind.
  loadSettings({ document, loadedEnvironment: known, workingDirectory });
  try {
    if (writeNewConfig(file, formatDocument(document))) terminal.writeError(`Wrote ${DEFAULT_CONFIG_FILE}; it is yours to change\n`);
    for (const flag of listSecretFlags(input))
      terminal.writeError(
        `What --${flag} said is not kept: the file names a variable in its place; set that for the next start, for example in .hector/.env\n`,
      );
    return file;
  } catch (error) {
    const { code = 'no reason' } = error as NodeJS.ErrnoException;
    terminal.writeError(`warning: ${DEFAULT_CONFIG_FILE} cannot be written (${code}); going on without a file, as with --ephemeral\n`);
    return undefined;
  }
}
