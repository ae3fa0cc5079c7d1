import { configSchema } from './config-schema.js';
import { describeSeen, describeWanted } from './describe-value.js';
import { findMisfits, type Misfit } from './find-misfits.js';
import { findNearestName } from './nearest-name.js';
import { formatPath, type Path, valueAt } from './path.js';
import type { Finding } from './problem.js';
import type { SchemaNode } from './schema-builder.js';

/** Everything in the document that does not fit the schema: one finding per place, with the value seen and the one wanted. */
export function validateDocument(document: unknown): Finding[] {
  const findings = new Map<string, Finding>();
  for (const misfit of findMisfits(document, configSchema)) {
    const place = formatPath(misfit.path);
    if (!findings.has(place)) findings.set(place, { path: misfit.path, description: describe(misfit, document) });
  }
  return [...findings.values()];
}

function describe({ path, kind, schema }: Misfit, document: unknown): string {
  const key = String(path.at(-1));
  switch (kind) {
    case 'unknown':
      return describeUnknownKey(path, Object.keys(schema.properties ?? {}));
    case 'missing':
      return describeMissing(key, path, schema);
    case 'name':
      return `'${key}' cannot be a name; wanted ${schema.propertyNames?.['x-form']}`;
    case 'value': {
      const value = valueAt(document, path);
      return `${describeSeen(value, schema)}; wanted ${describeWanted(schema)}${suggestValue(value, schema)}`;
    }
  }
}

/** Keys that other configurations have in these places, and what says the same here (CFG-56, CFG-76); `*` is any name. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'storage.memory.vector_provider':
    "unknown key: vectors of memory are kept in SQL, beside the sessions, so that there is no provider to choose; leave it out and write 'backend: vector' with 'embedder: <name in embedders>'",
  'server.memory': "unknown key: memory is configured at 'storage.memory', with backend and embedder",
  'storage.index': "unknown key: memory is configured at 'storage.memory', with 'backend: keyword' or 'backend: vector'",
  'databases.*.user': "unknown key; did you mean 'username'?",
  'databases.*.path': "unknown key: the file of SQLite is 'database'",
  'databases.*.dsn': "unknown key; did you mean 'url'?",
  'databases.*.max_idle_conns': "unknown key; did you mean 'max_idle'?",
  'databases.*.conn_max_lifetime': 'unknown key: connections are replaced after an hour; leave it out',
  'databases.*.conn_max_idle_time': "unknown key: what is idle for a minute is closed, down to 'max_idle'; leave it out",
};

function describeUnknownKey(path: Path, known: readonly string[]): string {
  const advice = ELSEWHERE[path.join('.')] ?? ELSEWHERE[path.map((part, index) => (index === 1 ? '*' : part)).join('.')];
  if (advice !== undefined) return advice;
  const key = String(path.at(-1));
  const near = findNearestName(key, known);
  return near === undefined ? `unknown key; known here: ${known.join(', ')}` : `unknown key; did you mean '${near}'?`;
}

function describeMissing(key: string, path: Path, schema: SchemaNode): string {
  if (key === 'provider' && path[0] === 'llms') {
    return `missing, and it cannot be told: the model's name is not known, and there is no api_key, no base_url and no variable ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY; wanted ${describeWanted(schema)}`;
  }
  return `missing; wanted ${describeWanted(schema)}`;
}

function suggestValue(value: unknown, schema: SchemaNode): string {
  const near = schema.enum !== undefined && typeof value === 'string' && value !== '' ? findNearestName(value, schema.enum) : undefined;
  return near === undefined || near === '' ? '' : `; did you mean '${near}'?`;
}
