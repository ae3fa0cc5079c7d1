/** What a tool of a runner gets: what the one before it put out (AGT-33): pure. */
import { isJsonObject, type JsonObject, type JsonValue, parseJsonObject } from '../../base/json.js';
import type { ToolDefinition } from '../../providers/llms/contract.js';

/**
 * 1. An object, as JSON text, is the arguments: those of its members that the tool knows.
 * 2. Anything else is the value of the first text that the tool needs, or else of the first that it has.
 *
 * @param text the output alone: a result's `data` tells programs about the call, often with names that the next tool has for its own
 *   arguments (a command, a path, a url), and would have it do the same again.
 */
export function toArguments({ parameters }: Pick<ToolDefinition, 'parameters'>, text: string): JsonObject {
  const properties = isJsonObject(parameters['properties']) ? parameters['properties'] : {};
  const required = Array.isArray(parameters['required']) ? parameters['required'] : [];
  // Other long texts need not be parsed.
  const value = text.trimStart().startsWith('{') ? parseJsonObject(text) : undefined;
  if (value !== undefined) {
    const known = Object.fromEntries(Object.entries(value).filter(([name]) => Object.hasOwn(properties, name)));
    if (Object.keys(known).length > 0 || Object.keys(properties).length === 0) return Object.keys(known).length > 0 ? known : value;
  }
  const texts = Object.keys(properties).filter((name) => isText(properties[name]));
  const needed = texts.filter((name) => required.includes(name));
  const name = needed[0] ?? texts[0];
  return name === undefined ? {} : { [name]: text };
}

function isText(schema: JsonValue | undefined): boolean {
  if (!isJsonObject(schema)) return false;
  const { type } = schema;
  return type === undefined || type === 'string' || (Array.isArray(type) && type.includes('string'));
}
