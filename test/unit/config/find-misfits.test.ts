/** The reading of our schemas, beside Ajv's: the same places, in the same order, whatever is wrong with a document. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import t from 'tap';
import { isJsonObject, type JsonObject } from '../../../src/base/json.js';
import { applyDefaults } from '../../../src/config/apply-defaults.js';
import { coerceValues } from '../../../src/config/coerce-values.js';
import { configSchema } from '../../../src/config/config-schema.js';
import { findMisfits } from '../../../src/config/find-misfits.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import type { SchemaNode } from '../../../src/config/schema-builder.js';
import { chooseSeed, isLongForm } from '../../support/long-form.js';
import { createRandom, type Random } from '../../support/random.js';

/** What is read, and what says nothing of a value. */
const READ = ['type', 'enum', 'minimum', 'maximum', 'minLength', 'maxLength', 'pattern', 'items', 'minItems', 'properties', 'required'];
const NESTED = ['additionalProperties', 'propertyNames'];
const SILENT = ['description', 'default', 'writeOnly', 'x-duration', 'x-aliases', 'x-form', 'x-words', 'x-secret-names'];

t.test('the schema of the configuration has no keyword that is not read (CFG-90)', async (t) => {
  const known = new Set([...READ, ...NESTED, ...SILENT]);
  const strange = new Set<string>();
  const walk = (node: SchemaNode): void => {
    for (const key of Object.keys(node)) if (!known.has(key)) strange.add(key);
    if (node.enum !== undefined && node.type !== 'string') strange.add('enum beside another type than string');
    const { properties = {}, items, additionalProperties, propertyNames } = node;
    for (const child of [...Object.values(properties), items, additionalProperties, propertyNames])
      if (child !== undefined && child !== false) walk(child);
  };
  walk(configSchema);
  t.same([...strange], []);
});

t.test('documents that are wrong in many ways: the same misfits as by Ajv (CFG-90)', { timeout: 600_000 }, async (t) => {
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false });
  const validate = ajv.compile(configSchema);
  const seed = chooseSeed(7);
  const random = createRandom(seed);
  const samples = readSamples();
  const kinds = new Set<string>();
  let wrong = 0;
  const rounds = isLongForm ? 20_000 : 400;
  for (let round = 0; round < rounds; round++) {
    const document = structuredClone(random.pick(samples));
    for (let change = random.below(5); change > 0; change--) spoil(document, random);
    validate(document);
    const wanted = unique((validate.errors ?? []).flatMap((error) => describeError(error)));
    const misfits = [...findMisfits(document, configSchema)];
    for (const { kind } of misfits) kinds.add(kind);
    const found = unique(misfits.map((misfit) => `${misfit.kind} ${JSON.stringify(misfit.path.map(String))}`));
    if (wanted.length > 0) wrong++;
    if (JSON.stringify(found) === JSON.stringify(wanted)) continue;
    t.same(found, wanted, `seed ${seed}, round ${round}`);
    break;
  }
  t.ok(wrong > 100 && wrong < rounds, `${wrong} of ${rounds} documents had something wrong`);
  t.same([...kinds].sort(), ['missing', 'name', 'unknown', 'value']);
});

function describeError({ keyword, instancePath, params, propertyName }: ErrorObject): readonly string[] {
  // Once, by `propertyNames` of the mapping.
  if (propertyName !== undefined) return [];
  const place = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const at = (kind: string, key: string) => [`${kind} ${JSON.stringify([...place, key])}`];
  if (keyword === 'additionalProperties') return at('unknown', params['additionalProperty'] as string);
  if (keyword === 'required') return at('missing', params['missingProperty'] as string);
  if (keyword === 'propertyNames') return at('name', params['propertyName'] as string);
  return [`value ${JSON.stringify(place)}`];
}

const unique = (lines: readonly string[]) => [...new Set(lines)];

/** The configurations that people can run, and one with every key. */
function readSamples(): JsonObject[] {
  const files = readdirSync('config').filter((name) => name.endsWith('.yaml'));
  const environment = {
    OPENAI_API_KEY: 'k',
    REDIS_URL: 'redis://127.0.0.1:1',
    DATABASE_URL: 'postgres://127.0.0.1/a',
    HECTOR_API_KEY: 'k'.repeat(40),
  };
  const samples = files.flatMap((file) => {
    try {
      return [JSON.parse(loadSettings({ file: path.join('config', file), environment }).source) as JsonObject];
    } catch {
      return []; // needs variables that are not set here
    }
  });
  return [...samples, fill(configSchema, 0) as JsonObject].map(
    (sample) => applyDefaults(configSchema, coerceValues(configSchema, sample)) as JsonObject,
  );
}

function fill(schema: SchemaNode, depth: number): unknown {
  if (schema.default !== undefined && schema.type !== 'object') return structuredClone(schema.default);
  if (schema.enum !== undefined) return schema.enum[0];
  const { properties = {}, additionalProperties } = schema;
  if (schema.type === 'object') {
    const members = Object.entries(properties).map(([key, child]) => [key, fill(child, depth + 1)]);
    if (additionalProperties && depth < 8) members.push(['one', fill(additionalProperties, depth + 1)]);
    return Object.fromEntries(members);
  }
  if (schema.type === 'array') return [fill(schema.items ?? {}, depth + 1)];
  return { string: 'text', integer: schema.minimum ?? 1, number: schema.minimum ?? 1, boolean: true }[schema.type as string] ?? 'anything';
}

const STRANGE = [
  null,
  true,
  -1,
  0.5,
  1e300,
  0,
  '',
  'x',
  '😀',
  ' bad name ',
  'a'.repeat(70),
  [],
  ['x'],
  [1],
  {},
  { x: 1 },
  { 'bad name': {} },
];

/** One change somewhere: another value, a key that is gone, new, or called otherwise. */
function spoil(document: JsonObject, random: Random): void {
  let place = document as Record<string, unknown>;
  while (random.chance(0.75)) {
    const inner = Object.values(place).filter((value) => isJsonObject(value) || Array.isArray(value)) as Record<string, unknown>[];
    if (inner.length === 0) break;
    place = random.pick(inner);
  }
  const keys = Object.keys(place);
  const key = keys.length === 0 ? '0' : random.pick(keys);
  const act = Array.isArray(place) ? 1 : random.next();
  if (act < 0.2) delete place[key];
  else if (act < 0.4) place[random.pick(['unheard_of', 'bad name', 'a/b~c', '1st'])] = place[key] ?? null;
  else place[key] = random.pick(STRANGE);
}
