/**
 * The configuration of a process that serves, as it can be loaded again: its source, the variables behind it, and what the command line
 * lays over it, which stays so (CLI-21).
 *
 * Owns: the variables as they are now. At the start those of the process go before the `.env` files (CFG-06); a variable that a `.env`
 * file changes later goes before both (CFG-07).
 */
import type { JsonObject } from '../base/json.js';
import { canonicalJson, sha256Hex } from '../base/json.js';
import { type Environment, readEnvironmentFiles } from './environment.js';
import { type LoadOptions, loadSettings, settingsFromSource } from './load-settings.js';
import type { Settings } from './settings.js';
import type { ConfigSource, StoredConfig } from './sources/config-source.js';

export interface LiveConfigOptions {
  readonly source: ConfigSource;
  /** Of the process, with what flags add to it. */
  readonly environment: Environment;
  readonly workingDirectory: string;
  readonly overrides?: LoadOptions['overrides'];
}

export interface LoadedConfig {
  readonly settings: Settings;
  readonly stored: StoredConfig;
  /** Of the text and the variables: equal when nothing has changed. */
  readonly fingerprint: string;
}

export class LiveConfig {
  readonly #options: LiveConfigOptions;
  #files: Environment;
  #changed: Readonly<Record<string, string | undefined>> = {};

  constructor(options: LiveConfigOptions) {
    this.#options = options;
    this.#files = this.#readFiles();
  }

  /** Where it comes from, for people. */
  get place(): string {
    return this.#options.source.place;
  }

  /** Its `.env` files included. */
  get environment(): Environment {
    const { environment } = this.#options;
    return { ...this.#files, ...environment, ...this.#changed };
  }

  /** Text and variables as they are now. @throws AppError `CONFIG_*` */
  async load(signal?: AbortSignal): Promise<LoadedConfig> {
    const stored = await this.#options.source.read(signal);
    return { settings: this.build(stored.text), stored, fingerprint: this.fingerprintOf(stored) };
  }

  /** Reads the text alone. */
  read(signal?: AbortSignal): Promise<StoredConfig> {
    return this.#options.source.read(signal);
  }

  /** Looks at the `.env` files again; the names of the variables that they changed. */
  refreshVariables(): readonly string[] {
    const before = this.#files;
    const now = this.#readFiles();
    const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => before[name] !== now[name]);
    const changed = { ...this.#changed };
    for (const name of names) {
      if (now[name] === undefined) delete changed[name];
      else changed[name] = now[name];
    }
    this.#files = now;
    this.#changed = changed;
    return names;
  }

  /** What this text would be here. @throws AppError `CONFIG_*`, with every problem at once */
  build(text: string): Settings {
    const { workingDirectory, overrides } = this.#options;
    return loadSettings({
      file: this.place,
      text,
      loadedEnvironment: this.environment,
      workingDirectory,
      ...(overrides === undefined ? {} : { overrides }),
    });
  }

  /** Settings of a stored version (R12), with the variables as they are now. */
  readSource(source: string): Settings {
    return settingsFromSource(source, this.environment, this.#options.workingDirectory);
  }

  fingerprintOf({ revision }: StoredConfig): string {
    return sha256Hex(canonicalJson([revision, this.environment as JsonObject]));
  }

  /** @throws AppError `CONFIG_CHANGED`, `CONFIG_NOT_WRITABLE`, `CONFIG_SOURCE_UNAVAILABLE` */
  write(text: string, expected: string): Promise<StoredConfig> {
    return this.#options.source.write(text, expected);
  }

  /** Calls back when text or variables may have changed, and warns while nobody can tell; the result ends it. */
  watch(onChange: () => void, warn: (message: string) => void): () => void {
    return this.#options.source.watch(onChange, warn);
  }

  #readFiles(): Environment {
    return readEnvironmentFiles(environmentPlaces(this.#options));
  }
}

function environmentPlaces({
  environment,
  workingDirectory,
  source,
}: Omit<LiveConfigOptions, 'source'> & { readonly source: Pick<ConfigSource, 'file'> }) {
  return { environment, workingDirectory, ...(source.file === undefined ? {} : { configFile: source.file }) };
}
