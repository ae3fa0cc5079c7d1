import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import type { JsonObject } from '../../../src/base/json.js';
import { loadSettings } from '../../../src/config/load-settings.js';

const load = (tools: JsonObject, environment: Readonly<Record<string, string>> = {}) =>
  loadSettings({ environment: { HOME: '/nowhere', ...environment }, overrides: { tools } });

function problemsOf(tools: JsonObject): readonly string[] {
  try {
    load(tools);
    return [];
  } catch (error) {
    return error instanceof AppError ? error.problems.map(({ field, description }) => `${field}: ${description}`) : [String(error)];
  }
}

t.test('limits of web tools are keys with defaults (TOOL-17, W-36)', async (t) => {
  const { tools, builtInTools } = load({
    a: { handler: 'web_request', max_redirects: 0, max_execution_time: '1m', allowed_methods: ['GET'] },
  });
  t.match(tools['a'], {
    ...{ maxExecutionTimeMs: 60_000, maxRetries: 3, maxRequestBytes: 1_048_576, maxResponseBytes: 10_485_760, maxRedirects: 0 },
    ...{ userAgent: 'Hector/2.0', allowedMethods: ['GET'], allowPrivate: [], allowedDomains: [], deniedDomains: [] },
  });
  t.match(builtInTools['web_request'], { maxExecutionTimeMs: 30_000, maxRedirects: 10 });
  t.equal((builtInTools['web_request'] as unknown as { allowedMethods: readonly string[] }).allowedMethods.length, 7);
});

t.test('what a web tool does not read, or cannot, is a problem with its path (TOOL-17, TOOL-18)', async (t) => {
  t.match(problemsOf({ a: { handler: 'web_fetch', allowed_methods: ['GET'] }, b: { handler: 'web_search', allow_private: ['*'] } }), [
    /^tools\.a\.allowed_methods: the handler 'web_fetch' does not read it/,
    /^tools\.b\.allow_private: the handler 'web_search' does not read it/,
  ]);
  for (const [key, value] of Object.entries({
    allowed_domains: ['https://example.com'],
    denied_domains: ['example.com:80'],
    allow_private: ['10.0.0.0/33'],
    allowed_methods: ['TRACE'],
    user_agent: 'a\nb',
    max_redirects: 51,
  }))
    t.match(problemsOf({ a: { handler: 'web_request', [key]: value } }), [new RegExp(`^tools\\.a\\.${key}`)], key);
});

t.test('the engine is told by what is there; the key of the environment is for Tavily itself (TOOL-70, CLI-47)', async (t) => {
  const engine = (keys: JsonObject, environment: Readonly<Record<string, string>> = {}) =>
    load({ s: { handler: 'web_search', ...keys } }, environment).tools['s'];
  const key = { TAVILY_API_KEY: 'tvly' };
  t.match(engine({}), { engine: undefined, apiKey: '' });
  t.match(engine({}, key), { engine: 'tavily', apiKey: 'tvly' });
  t.match(engine({ base_url: 'http://searx/' }, key), { engine: 'searxng', apiKey: '', baseUrl: 'http://searx' });
  t.match(engine({ engine: 'tavily', base_url: 'http://mine', api_key: 'k' }, key), { engine: 'tavily', apiKey: 'k' });
});
