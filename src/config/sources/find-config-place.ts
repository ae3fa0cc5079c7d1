/** What a file says about where the configuration lies (CFG-10). */
import { hasCode } from '../../base/errors.js';
import { isJsonObject } from '../../base/json.js';
import { applyDefaults } from '../apply-defaults.js';
import { coerceValues } from '../coerce-values.js';
import { configSchema } from '../config-schema.js';
import type { Environment } from '../environment.js';
import { interpolate } from '../interpolate.js';
import { type ConfigPlaceConfig, checkAddresses, resolveConfigPlace } from '../keys/config-place.js';
import { type ConfigText, parseConfigText } from '../parse-config-text.js';
import { type Finding, throwFindings } from '../problem.js';
import { readConfigFile } from '../read-config-file.js';
import { validateDocument } from '../validate-document.js';
import type { RemotePlace } from './remote-place.js';

export interface FileContext {
  /** With its `.env` files. */
  readonly environment: Environment;
  readonly workingDirectory: string;
}

/**
 * The path or the place that the file leads to; `undefined`: it is the configuration itself, or whoever reads it says what is wrong.
 * @param file absolute @throws AppError `CONFIG_INVALID` with every problem at once; `CONFIG_UNREADABLE`
 */
export function findConfigPlace(file: string, context: FileContext): RemotePlace | string | undefined {
  const text = readConfigFile(file, { optional: true });
  // Most files need not be read twice.
  if (text === undefined || !/\bconfig["']?\s*:/.test(text)) return undefined;
  const parsed = findParsed(text, file);
  if (parsed === undefined || !Object.hasOwn(parsed.value, 'config')) return undefined;
  const config = parsed.value.config;
  const interpolated = interpolate({ config: isJsonObject(config) ? config : {} }, context.environment);
  const document = applyDefaults(configSchema, coerceValues(configSchema, interpolated.value));
  const invalid = validateDocument(document).filter(({ path }) => path[0] === 'config');
  const block = (document as { readonly config: ConfigPlaceConfig }).config;
  const stages = [
    interpolated.findings,
    [...invalid, ...findOthers(Object.keys(parsed.value))],
    invalid.length > 0 ? [] : checkAddresses(block),
  ];
  throwFindings(stages, parsed.locate, file);
  return resolveConfigPlace(block, context);
}

function findParsed(text: string, file: string): ConfigText | undefined {
  try {
    return parseConfigText(text, file);
  } catch (error) {
    if (hasCode(error, 'CONFIG_SYNTAX')) return undefined;
    throw error;
  }
}

function findOthers(keys: readonly string[]): readonly Finding[] {
  const description = "stands beside 'config', which says that the configuration lies elsewhere; move it there";
  return keys.filter((key) => key !== 'config' && key !== 'version').map((key) => ({ path: [key], description }));
}
