/** The only reader of `process.env`. Everything else is handed an `Environment`. */
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { armFaultPoints } from '../base/fault-points.js';
import { readConfigFile } from './read-config-file.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export function processEnvironment(): Environment {
  return { ...process.env };
}

/** Arms the fault points named in `HECTOR_FAULT_POINTS`; for tests that kill this process at a named place. */
export function armFaultPointsFromEnvironment(environment: Environment = processEnvironment()): void {
  const specification = environment.HECTOR_FAULT_POINTS ?? '';
  if (specification !== '') armFaultPoints(specification);
}

export interface EnvironmentOptions {
  /** Default: that of this process. */
  readonly environment?: Environment;
  /** Default: that of this process. */
  readonly workingDirectory?: string;
  /** The configuration file; a `.env` beside it is read. */
  readonly configFile?: string;
}

/**
 * The environment with the `.env` files below it (CFG-06): the working directory's, the one beside the
 * configuration file, then `~/.hector/.env`. An earlier one wins; the process environment wins over all.
 */
export function loadEnvironment(options: EnvironmentOptions = {}): Environment {
  return { ...readEnvironmentFiles(options), ...(options.environment ?? processEnvironment()) };
}

/** What the `.env` files say. */
export function readEnvironmentFiles(options: EnvironmentOptions = {}): Environment {
  const merged: Record<string, string | undefined> = {};
  for (const file of [...listEnvironmentFiles(options)].reverse()) {
    const text = readConfigFile(file, { optional: true });
    if (text !== undefined) Object.assign(merged, parseEnv(text));
  }
  return merged;
}

/** Where they are looked for, the one that wins first. */
export function listEnvironmentFiles({ environment = processEnvironment(), ...options }: EnvironmentOptions = {}): readonly string[] {
  const folders = [
    options.workingDirectory ?? process.cwd(),
    ...(options.configFile === undefined ? [] : [dirname(options.configFile)]),
    join(environment.HOME || homedir(), '.hector'),
  ];
  return [...new Set(folders)].map((folder) => join(folder, '.env'));
}
