import { Ajv } from 'ajv';
import t from 'tap';
import { buildJsonSchema } from '../../../src/config/json-schema.js';

const schema = buildJsonSchema();

t.test('the published schema says what it is and is inlined (CLI-07)', async (t) => {
  t.match(schema, {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://hector.dev/schemas/config.json',
    title: 'Hector Configuration Schema',
    description: /v2/,
    additionalProperties: false,
  });
  t.notMatch(JSON.stringify(schema), /\$ref/);
  t.notMatch(JSON.stringify(schema), /"x-/);
  t.ok((schema.examples as unknown[]).length > 0);
});

t.test('every key is described, and every mapping is closed', async (t) => {
  const walk = (node: unknown, path: string): void => {
    const { properties, additionalProperties, description } = node as {
      properties?: Record<string, unknown>;
      additionalProperties?: unknown;
      description?: string;
    };
    t.ok(description, `${path} has a description`);
    if (properties !== undefined) t.equal(additionalProperties, false, path);
    for (const [key, inner] of Object.entries(properties ?? {})) walk(inner, `${path}.${key}`);
    // Free-form JSON is `{}`.
    if (JSON.stringify(additionalProperties ?? {}) !== '{}' && typeof additionalProperties === 'object')
      walk(additionalProperties, `${path}.*`);
  };
  walk(schema, '');
});

t.test('it is a valid draft-07 schema and judges files as they are written', async (t) => {
  const validate = new Ajv({ strict: false }).compile(schema as object);
  for (const example of schema.examples as unknown[]) t.ok(validate(example), JSON.stringify(validate.errors));
  for (const good of [
    {},
    { version: 2 },
    { server: { port: '${PORT:-8080}', shutdown_timeout_ms: '2m30s' } },
    { llms: null },
    { agents: { a: { streaming: 'yes', input_modes: 'a, b', tools: [] } } },
    { vector_stores: { v: { type: 'chromem' } } },
    { tools: { t: { handler: 'own', parameters: { type: 'object' } }, c: { type: 'command', allowed_commands: 'git, ls' } } },
    { llms: { l: { base_url: '${URL}', provider: '$PROVIDER' } } },
  ]) {
    t.ok(validate(good), `${JSON.stringify(good)} ${JSON.stringify(validate.errors)}`);
  }
  for (const bad of [
    { sever: {} },
    { server: { port: 'eighty' } },
    { server: { port: 70_000 } },
    { agents: { '1a': {} } },
    { document_stores: { d: {} } },
    { llms: { l: { provider: 'opnai' } } },
    { agents: { a: { tools: 3 } } },
  ]) {
    t.notOk(validate(bad), JSON.stringify(bad));
  }
});
