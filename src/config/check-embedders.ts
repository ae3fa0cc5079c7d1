import { isJsonObject, type JsonObject } from '../base/json.js';
import type { Environment } from './environment.js';
import { EMBEDDER_KEYS, findEmbedderKey } from './keys/embedders.js';
import { valueAt } from './path.js';
import type { Finding } from './problem.js';

/** What the schema of one key cannot see: keys of services, and lengths that contradict each other. */
export function checkEmbedders(document: unknown, environment: Environment): Finding[] {
  const embedders = valueAt(document, ['embedders']);
  if (!isJsonObject(embedders)) return [];
  return Object.entries(embedders).flatMap(([name, embedder]) =>
    isJsonObject(embedder) ? [...checkKey(name, embedder, environment), ...checkLengths(name, embedder)] : [],
  );
}

/** The services themselves want a key; a compatible one behind `base_url` may not. */
function checkKey(name: string, embedder: JsonObject, environment: Environment): Finding[] {
  const provider = String(embedder['provider']);
  const variable = EMBEDDER_KEYS[provider];
  if (variable === undefined || embedder['base_url'] !== '') return [];
  if ((embedder['api_key'] ?? findEmbedderKey(provider, environment) ?? '') !== '') return [];
  return [
    {
      path: ['embedders', name, 'api_key'],
      description: `missing; write api_key: \${${variable}} and set that variable, or give the base_url of a service that needs no key`,
    },
  ];
}

function checkLengths(name: string, embedder: JsonObject): Finding[] {
  const { provider, dimension, output_dimension: asked } = embedder;
  const path = ['embedders', name, 'dimension'];
  if (typeof dimension !== 'number' || dimension === 0) return [];
  if (provider === 'local' && (dimension < LOCAL_MINIMUM || dimension > LOCAL_MAXIMUM))
    return [{ path, description: `the value is ${dimension}; wanted ${LOCAL_MINIMUM} to ${LOCAL_MAXIMUM} for provider local` }];
  if (typeof asked === 'number' && asked !== 0 && asked !== dimension)
    return [{ path, description: `the value is ${dimension}; wanted output_dimension, which is ${asked}, or auto` }];
  return [];
}

const LOCAL_MINIMUM = 8;
const LOCAL_MAXIMUM = 4_096;
