import { type LoadOptions, loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import { type CliContext, type CommandInput, findTextFlag } from './command.js';

/** The settings that a command runs with: `--config`, and what its own flags override. */
export function loadCommandSettings(
  input: CommandInput,
  context: CliContext,
  options: Pick<LoadOptions, 'overrides' | 'environment'> = {},
): Settings {
  const file = findTextFlag(input, 'config');
  return loadSettings({
    environment: context.environment,
    workingDirectory: context.workingDirectory,
    ...(file === undefined ? {} : { file }),
    ...options,
  });
}
