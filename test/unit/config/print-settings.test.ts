import { join } from 'node:path';
import t, { type Test } from 'tap';
import { isJsonObject, type JsonObject } from '../../../src/base/json.js';
import { configSchema } from '../../../src/config/config-schema.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { mergeDocuments } from '../../../src/config/merge-documents.js';
import { printSettings, settingsToDocument } from '../../../src/config/print-settings.js';
import type { SchemaNode } from '../../../src/config/schema-builder.js';

/** Every key of the product written once. */
const FULL = `
redis: {url: "redis://user:secret@r:1"}
databases: {d: {driver: postgres, url: "postgres://u:secret@h/d", password: pw-secret, username: u}}
llms: {l: {provider: openai, api_key: key-secret, base_url: "http://u:secret@h/v1", temperature: 0.5, max_tokens: 10, thinking: {budget_tokens: 5}, price: {input: 1, output: 2, cached: 0.5, cache_write: 3}, tls: {ca_certificate: /ca.pem}, ollama: {top_p: 0.5, top_k: 3, num_ctx: 4, seed: 5, stop: [x]}}, other: {provider: offline, api_key: key-secret}}
embedders: {e: {provider: ollama, api_key: key-secret}}
vector_stores: {v: {}, w: {type: qdrant, url: "http://u:secret@q:6333", api_key: key-secret, tls: {ca_certificate: /ca.pem}}}
document_stores: {s: {source: {type: directory, path: /docs, include: ["*.md"], exclude: []}}}
tools: {f: {type: function, handler: text_editor, description: d, approval_prompt: p, require_approval: true, effect: pure}, g: {handler: grep_search}, c: {type: command}, h: {handler: own, parameters: {camelCase: {snake_case: 1}}}}
agents: {a: {allowed_roles: [r], tools: [search], description: "holds \${API_TOKEN}", skills: [{id: i, name: n, description: d, tags: [t], examples: [e]}], card: {version: v, documentation_url: "http://d", icon_url: "http://i", provider: {organization: o, url: "http://p"}}, extended_card: {description: d, version: v, documentation_url: "http://d", subjects: [s], skills: [{id: i, name: n, subjects: []}]}, extensions: [{uri: "urn:x", params: {camelCase: {snake_case: 1}}}]}, b: {structured_output: {schema: {type: object, camelCase: {snake_case: 1}}}, input_schema: {type: object}, output_key: k, prompt: {system_prompt: p}, limits: {max_tokens: 1, max_cost: 1, max_duration: 1s}}, c: {agent_tools: [b], agent_tool_options: {b: {approval_prompt: p}}}, d: {type: loop, sub_agents: [b]}}
server: {tls: {cert_file: c.pem, key_file: k.pem}, cors: {allowed_origins: ["https://a.example"]}, auth: {enabled: true, jwks_url: "http://i/keys", issuer: "http://i", audience: h, api_keys: [{name: k, key: key-secret-of-a-robot, role: r, tenant: t, expires_at: "2027-01-31T00:00:00Z"}]}, card: {documentation_url: "http://d", icon_url: "http://i", provider: {organization: o, url: "http://p"}}}
defaults: {agent: b, llm: l}
logger: {file: /tmp/h.log}
observability: {tracing: {endpoint: "http://h:4318", headers: {api-key: key-secret}}, metrics: {const_labels: {region: eu}, port: 9464}}
`;

function loadFull(t: Test, overrides: JsonObject = {}) {
  const folder = t.testdir({ 'h.yaml': FULL });
  const environment = { HOME: folder, API_TOKEN: 'token-secret' };
  return { settings: loadSettings({ file: 'h.yaml', workingDirectory: folder, environment, overrides }), environment, folder };
}

t.test('the printed configuration masks every credential, wherever it came from (CLI-04)', async (t) => {
  const { settings, environment } = loadFull(t);
  const printed = printSettings(settings, environment);
  t.notMatch(printed, /secret/);
  for (const where of ['api_key: "********"', 'password: "********"', 'redis://***@r:1', 'http://***@h/v1', 'description: holds ********'])
    t.ok(printed.includes(where), where);
});

t.test('settings written back in the words of the file load to the same settings', async (t) => {
  const { settings, environment, folder } = loadFull(t);
  const again = loadSettings({ workingDirectory: folder, environment, overrides: settingsToDocument(settings) as JsonObject });
  t.same({ ...again, source: '', version: '' }, { ...settings, source: '', version: '' });
});

t.test('every key of Settings is reachable from the file: changing it there changes it here', async (t) => {
  const { settings, environment, folder } = loadFull(t);
  const document = settingsToDocument(settings) as JsonObject;
  const load = (overrides: JsonObject) =>
    settingsToDocument(loadSettings({ workingDirectory: folder, environment, overrides })) as JsonObject;
  const paths = leafPaths(document).filter((path) => path.join() !== 'version');
  t.ok(paths.length > 80, `${paths.length} keys`);
  for (const path of paths) {
    const schema = schemaAt(path);
    const before = at(document, path);
    const changed = change(before, schema, path);
    if (changed === undefined) continue;
    const after = at(load(mergeDocuments(document, nest(path, changed))), path);
    t.same(after, changed, path.join('.'));
  }
});

t.test('the paths of the state folder follow it', async (t) => {
  const { settings, folder } = loadFull(t, { state_directory: 'elsewhere' });
  t.equal(settings.stateDirectory, join(folder, 'elsewhere'));
  t.match(settings.vectorStores.v, { persistPath: join(folder, 'elsewhere/vectors') });
});

function leafPaths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  return isJsonObject(value) ? Object.entries(value).flatMap(([key, member]) => leafPaths(member, [...path, key])) : [path];
}

function schemaAt(path: readonly string[]): SchemaNode {
  return path.reduce<SchemaNode>((schema, key) => schema.properties?.[key] ?? (schema.additionalProperties || {}), configSchema);
}

/** Another value that is as good; `undefined` where there is only one. */
function change(value: unknown, schema: SchemaNode, path: readonly string[]): unknown {
  const key = path.at(-1);
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number')
    return key === 'size' || key === 'max_idle' || key === 'min_size' || value === schema.maximum
      ? value - 1
      : schema.type === 'number'
        ? value + (path.includes('context') ? -0.125 : 0.25)
        : value + 1;
  // Whether the text of a key fits is checked in cards.test.ts.
  if (key === 'keys') return undefined;
  if (key === 'sub_agents' || key === 'agent_tools')
    return (path[1] === 'c' || path[1] === 'd') && key === 'agent_tools' ? undefined : [path[1] === 'b' ? 'a' : 'b'];
  if (key === 'termination_conditions') return ['escalate'];
  // It would lead to itself.
  if (path.join('.') === 'llms.other.fallback') return undefined;
  if (key === 'excluded_paths') return ['/other'];
  if (key === 'api_keys') return [{ name: 'x', hash: `sha256:${'0'.repeat(64)}`, subject: 'y' }];
  if (key === 'allowed_origins') return ['https://other'];
  if (key === 'allowed_methods') return ['OTHER'];
  if (path[0] === 'rate_limiting' && key === 'limits') return [{ type: 'count', window: 'day', limit: 3, scope: 'user' }];
  if (Array.isArray(value))
    return key === 'skills'
      ? [{ id: 'x', name: 'x', description: '', tags: [], examples: [], input_modes: [], output_modes: [] }]
      : key === 'document_stores' || key === 'extensions'
        ? []
        : ['other'];
  // One key of two that must agree: it cannot change alone.
  if (['agents.b.visibility', 'agents.c.type', 'agents.d.type'].includes(path.join('.'))) return undefined;
  // Each type of source has keys of its own, checked in source-settings.test.ts.
  if (path[0] === 'document_stores' && key === 'type') return undefined;
  // Only usearch has others than f32.
  if (key === 'quantization') return undefined;
  // The other keys of a tool go with these.
  if (path[0] === 'tools' && (key === 'type' || (key === 'handler' && path[1] !== 'h'))) return undefined;
  if (schema.enum !== undefined)
    return path[0] === 'databases' || key === 'backend' ? undefined : schema.enum.find((other) => other !== value);
  if (path.includes('card') || path.includes('extended_card')) return 'http://other';
  if (key === 'url')
    return ({ redis: 'redis://other:1', vector_stores: 'http://other' } as Record<string, string>)[path[0] ?? ''] ?? 'postgres://other/x';
  // The keys of another kind of store are others.
  if (path[0] === 'vector_stores' && key === 'type') return undefined;
  if (key === 'interval' || key === 'timeout') return '1500ms';
  if (path.includes('structured_output') && key === 'name') return 'other';
  if (key === 'namespace' || key === 'subsystem') return 'other';
  if (key === 'encryption_key' || key === 'webhook_signing_key') return 'no less than sixteen';
  if (key === 'base_url' || key === 'public_url' || key === 'jwks_url' || key === 'webhook_url') return 'https://other';
  if (key === 'grpc_public_address') return 'other:1';
  // A reference has one target here; that it is read is covered by the reference checks.
  if (path.includes('schema') || path.includes('input_schema')) return undefined;
  if (['llm', 'agent', 'database', 'sql_database', 'vector_store', 'embedder'].includes(key as string) && path[0] !== 'databases')
    return undefined;
  return '/other';
}

function nest(path: readonly string[], value: unknown): JsonObject {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as JsonObject;
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((current, key) => (current as JsonObject)[key], value);
}
