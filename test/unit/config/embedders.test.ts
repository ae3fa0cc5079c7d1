import t, { type Test } from 'tap';
import { AppError } from '../../../src/base/errors.js';
import { loadSettings } from '../../../src/config/load-settings.js';

function load(t: Test, text: string, environment: Record<string, string> = {}) {
  const folder = t.testdir({ 'h.yaml': text });
  return loadSettings({ file: 'h.yaml', workingDirectory: folder, environment: { HOME: folder, ...environment } });
}

function problemsOf(t: Test, text: string, environment: Record<string, string> = {}) {
  try {
    load(t, text, environment);
  } catch (error) {
    if (error instanceof AppError) return error.problems;
    throw error;
  }
  return [];
}

t.test('an embedder without provider is told by what is written, then by the model of the agents (CLI-42)', async (t) => {
  const keys = { ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'o', COHERE_API_KEY: 'c' };
  const cases: readonly (readonly [llm: string, embedder: string, environment: Record<string, string>, provider: string])[] = [
    ['{provider: openai}', '{}', keys, 'openai'],
    ['{provider: ollama}', '{}', keys, 'ollama'],
    ['{provider: anthropic}', '{}', keys, 'openai'],
    ['{provider: anthropic}', '{}', { ANTHROPIC_API_KEY: 'a', COHERE_API_KEY: 'c' }, 'cohere'],
    ['{provider: gemini}', '{}', { GEMINI_API_KEY: 'g', OPENAI_API_KEY: 'o', COHERE_API_KEY: 'c' }, 'openai'],
    ['{provider: gemini}', '{}', { GEMINI_API_KEY: 'g' }, 'ollama'],
    ['{provider: offline}', '{}', keys, 'local'],
    ['{provider: offline}', '{model: text-embedding-3-small}', keys, 'openai'],
    ['{provider: offline}', '{model: "embed-english-v3.0"}', keys, 'cohere'],
    ['{provider: offline}', '{model: "nomic-embed-text:v1.5"}', keys, 'ollama'],
    ['{provider: offline}', '{base_url: "http://localhost:1/v1", model: x}', {}, 'openai'],
    ['{provider: offline}', '{api_key: "${COHERE_API_KEY}"}', keys, 'cohere'],
    ['{provider: openai}', '{provider: local}', keys, 'local'],
  ];
  for (const [llm, embedder, environment, provider] of cases) {
    const { embedders } = load(t, `llms: {default: ${llm}}\nembedders: {e: ${embedder}}`, environment);
    t.equal(embedders['e']?.provider, provider, `${llm} ${embedder} ${Object.keys(environment).join()}`);
  }
});

t.test('what is left out is filled in, the key of a variable for its own service only (CFG-60, EMB-04)', async (t) => {
  const environment = { OPENAI_API_KEY: 'o', COHERE_API_KEY: 'c' };
  const text = `
llms: {default: {provider: offline}}
embedders:
  a: {provider: openai}
  b: {provider: openai, base_url: "http://localhost:1/v1/", dimension: auto, timeout: 2m}
  c: {provider: cohere, timeout: 5, batch_size: 10}
  d: {provider: ollama, dimension: 512}
  e: {provider: local}
`;
  const { embedders } = load(t, text, environment);
  t.match(embedders['a'], {
    ...{ model: 'text-embedding-3-small', apiKey: 'o', dimension: 0, timeoutMs: 30_000, batchSize: 100, encodingFormat: 'float', user: '' },
    ...{ truncate: 'NONE', requestsPerMinute: 0, tokensPerMinute: 0, cache: { enabled: true, maxEntries: 50_000 } },
  });
  t.match(embedders['b'], { apiKey: '', baseUrl: 'http://localhost:1/v1', dimension: 0, timeoutMs: 120_000 });
  t.match(embedders['c'], {
    model: 'embed-english-v3.0',
    apiKey: 'c',
    inputType: 'auto',
    truncate: 'END',
    timeoutMs: 5_000,
    batchSize: 10,
  });
  t.match(embedders['d'], { model: 'nomic-embed-text', apiKey: '', dimension: 512 });
  t.match(embedders['e'], { model: 'hashed-ngrams', dimension: 384 });
});

t.test('a missing key, and lengths that contradict each other, are problems with their paths', async (t) => {
  const text = `
llms: {default: {provider: offline}}
embedders:
  a: {provider: openai}
  b: {provider: cohere, base_url: "http://localhost:1"}
  c: {provider: ollama, dimension: 512, output_dimension: 256}
  d: {provider: local, dimension: 5000}
  e: {provider: ollama, dimension: many, truncate: MIDDLE, timeout: soon}
`;
  t.match(
    [...problemsOf(t, text)].sort((x, y) => (x.field < y.field ? -1 : 1)),
    [
      { field: 'embedders.a.api_key', description: /api_key: \$\{OPENAI_API_KEY\}/ },
      { field: 'embedders.c.dimension', description: /512; wanted output_dimension, which is 256, or auto/ },
      { field: 'embedders.d.dimension', description: /5000; wanted 8 to 4096/ },
      { field: 'embedders.e.dimension', description: /'many'; wanted auto or a whole number from 0 to 16384/ },
      { field: 'embedders.e.timeout', description: /seconds, or a duration/ },
      { field: 'embedders.e.truncate', description: /NONE, START, END/ },
    ],
  );
});
