import { statSync } from 'node:fs';
import { resolve } from 'node:path';

export const DEFAULT_CONFIG_FILE = '.hector/config.yaml';

/** Absolute path of the configuration file: the one asked for, else the default if it exists, else none (zero-config). */
export function findConfigFile(file: string | undefined, workingDirectory: string): string | undefined {
  if (file !== undefined) return resolve(workingDirectory, file);
  const standard = resolve(workingDirectory, DEFAULT_CONFIG_FILE);
  return isAbsent(standard) ? undefined : standard;
}

/** A file that cannot be reached for another reason is there: reading it says what is wrong. */
function isAbsent(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}
