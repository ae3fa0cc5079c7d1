/**
 * From a file to `Settings` (CFG-02), one small stage after the other: find, read, parse, merge what the command
 * line overrides, complete, then `buildSettings`. The completed document, before interpolation, is the
 * `source`; settings are always built from that text, so one stored text gives the same settings anywhere (R12).
 */
import { resolve } from 'node:path';
import { AppError } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import { buildSettings, sourceOf } from './build-settings.js';
import { completeDocument } from './complete-document.js';
import { type Environment, loadEnvironment } from './environment.js';
import { findConfigFile } from './find-config-file.js';
import { mergeDocuments } from './merge-documents.js';
import { type ConfigText, parseConfigText } from './parse-config-text.js';
import { readConfigFile } from './read-config-file.js';
import type { Settings } from './settings.js';
import { isRemoteName } from './sources/remote-place.js';

export interface LoadOptions {
  /** Default `.hector/config.yaml` in the working directory when it exists, else no file at all. */
  readonly file?: string;
  /** The text of `file`, when it was read already: no file is read, and `file` need not exist. */
  readonly text?: string;
  /** The configuration itself, in the file's words: no file is read. */
  readonly document?: JsonObject;
  /** Laid over the file, in the file's words; a function is handed the parsed file. They become part of `source`. */
  readonly overrides?: JsonObject | ((document: JsonObject) => JsonObject);
  /** Default: the process's own. `.env` files are read below it (CFG-06). */
  readonly environment?: Environment;
  /** The same with its `.env` files, when they were read already. */
  readonly loadedEnvironment?: Environment;
  /** Default: the process's own. Relative paths in the configuration start here. */
  readonly workingDirectory?: string;
}

/** @throws AppError `CONFIG_*`, with every problem at once. */
export function loadSettings(options: LoadOptions = {}): Settings {
  const workingDirectory = resolve(options.workingDirectory ?? '.');
  const file = options.document === undefined ? findPlace(options, workingDirectory) : undefined;
  const text: ConfigText =
    file === undefined
      ? { value: options.document ?? {}, locate: () => undefined }
      : parseConfigText(options.text ?? readConfigFile(file), file);
  const environment =
    options.loadedEnvironment ??
    loadEnvironment({
      workingDirectory,
      ...(options.environment === undefined ? {} : { environment: options.environment }),
      ...(file === undefined ? {} : { configFile: file }),
    });
  const overrides = typeof options.overrides === 'function' ? options.overrides(text.value) : (options.overrides ?? {});
  const document = completeDocument(mergeDocuments(text.value, overrides), environment);
  return buildSettings(sourceOf(document), {
    environment,
    workingDirectory,
    locate: text.locate,
    where: file ?? (options.document === undefined ? 'the built-in configuration' : 'the configuration given'),
  });
}

/** With a text in hand the file is only a name. */
function findPlace({ file, text }: LoadOptions, workingDirectory: string): string | undefined {
  if (text === undefined && file !== undefined && isRemoteName(file))
    throw new AppError('CONFIG_INVALID', { message: `${file} is no file; only the command line takes a configuration from there` });
  return text === undefined || file === undefined ? findConfigFile(file, workingDirectory) : file;
}

/** Settings from a stored `source`. `environment`: the process's own with its `.env` files, see `loadEnvironment`. */
export function settingsFromSource(
  source: string,
  environment: Environment = loadEnvironment(),
  workingDirectory: string = process.cwd(),
): Settings {
  return buildSettings(source, {
    environment,
    workingDirectory: resolve(workingDirectory),
    locate: () => undefined,
    where: 'a stored configuration',
  });
}
