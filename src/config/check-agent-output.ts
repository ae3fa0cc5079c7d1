/** What agents answer with, read and may use up: values that the schema of the configuration cannot judge. */
import { describeError } from '../base/errors.js';
import { isJsonObject, type JsonObject } from '../base/json.js';
import { createAjv } from './create-ajv.js';
import { valueAt } from './path.js';
import type { Finding } from './problem.js';

export function checkAgentOutput(document: unknown): readonly Finding[] {
  const agents = valueAt(document, ['agents']);
  if (!isJsonObject(agents)) return [];
  return Object.entries(agents).flatMap(([name, agent]) => (isJsonObject(agent) ? checkAgent(document, ['agents', name], agent) : []));
}

function checkAgent(document: unknown, path: readonly string[], agent: JsonObject): readonly Finding[] {
  return [
    ...checkSchema([...path, 'structured_output', 'schema'], valueAt(agent, ['structured_output', 'schema'])),
    ...checkSchema([...path, 'input_schema'], agent['input_schema']),
    ...checkOutputKey([...path, 'output_key'], agent['output_key']),
    ...checkShares(path, agent),
    ...checkCost(document, path, agent),
  ];
}

function checkSchema(path: readonly string[], schema: unknown): readonly Finding[] {
  if (!isJsonObject(schema)) return [];
  try {
    const { $schema, ...rest } = schema;
    createAjv($schema, { strict: false, validateFormats: false }).compile(rest);
  } catch (error) {
    return [{ path, description: `this is no JSON Schema: ${describeError(error)}` }];
  }
  if (schema['type'] === 'object') return [];
  return [
    { path: [...path, 'type'], description: `the value is ${String(schema['type'])}; wanted object: models answer with nothing else` },
  ];
}

function checkOutputKey(path: readonly string[], key: unknown): readonly Finding[] {
  if (typeof key !== 'string' || !/^_(adk|hector)/.test(key)) return [];
  return [{ path, description: `the value is '${key}'; keys that begin with _adk or _hector belong to the program` }];
}

function checkShares(path: readonly string[], agent: JsonObject): readonly Finding[] {
  const [threshold, target] = ['threshold', 'target'].map((key) => valueAt(agent, ['context', key]));
  if (typeof threshold !== 'number' || typeof target !== 'number' || target < threshold) return [];
  const description = `the value is ${target}; wanted less than threshold, which is ${threshold}: else every turn would be summed up again`;
  return [{ path: [...path, 'context', 'target'], description }];
}

/** A limit that nothing counts towards would be no limit. */
function checkCost(document: unknown, path: readonly string[], agent: JsonObject): readonly Finding[] {
  const llm = agent['llm'] ?? valueAt(document, ['defaults', 'llm']) ?? Object.keys(toObject(valueAt(document, ['llms'])))[0];
  if (valueAt(agent, ['limits', 'max_cost']) === undefined || typeof llm !== 'string') return [];
  if (!isJsonObject(valueAt(document, ['llms', llm])) || valueAt(document, ['llms', llm, 'price']) !== undefined) return [];
  return [{ path: [...path, 'limits', 'max_cost'], description: `nothing tells what a token costs; set llms.${llm}.price` }];
}

function toObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
