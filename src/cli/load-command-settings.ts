import type { Environment } from '../config/environment.js';
import { listSecretVariables } from '../config/hide-secrets.js';
import { listSecrets } from '../config/list-secrets.js';
import { LiveConfig } from '../config/live-config.js';
import { type LoadOptions, loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import type { ConfigSource } from '../config/sources/config-source.js';
import { openConfigSource } from '../config/sources/open-config-source.js';
import { rememberSecrets } from '../observe/redact.js';
import { type CliContext, type CommandInput, findTextFlag } from './command.js';

/** The settings that a command runs with: what `--config` or HECTOR_CONFIG names, and what its own flags override. */
export async function loadCommandSettings(
  input: CommandInput,
  context: CliContext,
  options: Pick<LoadOptions, 'overrides' | 'environment'> = {},
): Promise<Settings> {
  const { environment, workingDirectory } = context;
  const whole = { environment, workingDirectory, ...options };
  hideFromNowOn(undefined, environment);
  const source = await openCommandSource(input, context);
  if (source === undefined) {
    const settings = loadSettings(whole);
    hideFromNowOn(settings, environment);
    return settings;
  }
  const config = new LiveConfig({ ...whole, source });
  const { settings } = await config.load();
  hideFromNowOn(settings, config.environment);
  return settings;
}

/** Whatever the command says, it shows none of these (SEC-17): what it prints and its errors pass through `redactText`. */
export function hideFromNowOn(settings: Settings | undefined, environment: Environment): void {
  rememberSecrets([...listSecretVariables(environment), ...(settings === undefined ? [] : listSecrets(settings))]);
}

/** `undefined`: nothing is named, and there is no file here. */
export function openCommandSource(input: CommandInput, context: CliContext): Promise<ConfigSource | undefined> {
  const { environment, workingDirectory } = context;
  return openConfigSource(findConfigName(input, context), { environment, workingDirectory });
}

/** Flags go before the environment (CLI-14). */
export function findConfigName(input: CommandInput, { environment }: Pick<CliContext, 'environment'>): string | undefined {
  return findTextFlag(input, 'config') ?? (environment.HECTOR_CONFIG || undefined);
}
