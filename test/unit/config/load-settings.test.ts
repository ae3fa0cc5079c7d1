import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AppError } from '../../../src/base/errors.js';
import { loadSettings, settingsFromSource } from '../../../src/config/load-settings.js';

/** Loads a file of this text in a folder of its own, with no environment but the one given. */
function load(t: Test, text: string, environment: Record<string, string> = {}) {
  const folder = t.testdir({ 'hector.yaml': text, home: {} });
  return loadSettings({ file: 'hector.yaml', workingDirectory: folder, environment: { HOME: join(folder, 'home'), ...environment } });
}

function problemsOf(t: Test, text: string, environment: Record<string, string> = {}) {
  try {
    load(t, text, environment);
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFIG_INVALID')
      return error.problems.map(({ field, description }) => ({ field, description }));
    throw error;
  }
  return [];
}

t.test('a configuration with five mistakes reports five paths, each with its line (CFG-90)', async (t) => {
  const text = `
agents:
  helper:
    instrucion: Be kind.
    llm: mian
llms:
  main:
    provider: opnai
server:
  port: eighty
queue:
  lease_ms: 2 seconds
`;
  try {
    load(t, text);
    t.fail('loaded');
  } catch (error) {
    t.ok(error instanceof AppError);
    t.same((error as AppError).problems, [
      { field: 'agents.helper.instrucion', description: "unknown key; did you mean 'instruction'?", line: 4 },
      { field: 'agents.helper.llm', description: "there is no 'mian' in 'llms'; did you mean 'main'?", line: 5 },
      {
        field: 'llms.main.provider',
        description: "the value is 'opnai'; wanted one of offline, openai, anthropic, gemini, ollama; did you mean 'openai'?",
        line: 8,
      },
      { field: 'server.port', description: "the value is 'eighty'; wanted a whole number from 0 to 65535", line: 10 },
      {
        field: 'queue.lease_ms',
        description:
          "the value is '2 seconds'; wanted a duration such as 500ms, 2s or 2m30s (a bare number is milliseconds) from 300 to 600000 ms",
        line: 12,
      },
    ]);
  }
});

t.test('a missing variable is one problem, not also a type error at the same place (CFG-03)', async (t) => {
  t.same(problemsOf(t, 'server: {port: "${PORT}"}'), [
    { field: 'server.port', description: 'the variable PORT is not set; set it, or write a default: ${PORT:-text}' },
  ]);
});

t.test('keys of other versions of the product are unknown, with those that are known (W-100)', async (t) => {
  const [problem] = problemsOf(t, 'plugins: {}');
  t.equal(problem?.field, 'plugins');
  t.match(problem?.description, /^unknown key; known here: version, name, /);
});

t.test('what guides describe and is not there is refused, not passed over (W-14)', async (t) => {
  for (const text of ['agents: {a: {trigger: {type: cron}}}', 'agents: {a: {notifications: [{}]}}'])
    t.match(problemsOf(t, text), [{ description: /^unknown key/ }], text);
});

t.test('references are checked, of embedders and summarizers as well (CFG-91, W-101)', async (t) => {
  const text = `
databases: {main: {driver: sqlite}}
storage: {database: mian}
vector_stores: {v: {}}
embedders: {e: {}}
document_stores:
  docs: {source: {type: directory, path: docs}, vector_store: w, embedder: f}
agents:
  a: {document_stores: [docs, dosc], llm: gone, context: {summarizer_llm: nobody}}
defaults: {llm: absent}
`;
  t.same(
    problemsOf(t, text)
      .map(({ field }) => field)
      .sort(),
    [
      'agents.a.context.summarizer_llm',
      'agents.a.document_stores[1]',
      'agents.a.llm',
      'defaults.llm',
      'document_stores.docs.embedder',
      'document_stores.docs.vector_store',
      'storage.database',
    ],
  );
});

t.test('an agent key follows its pattern and is not user (CFG-30)', async (t) => {
  t.match(problemsOf(t, 'agents: {user: {}, 1st: {}, "a b": {}}'), [
    { field: 'agents.1st', description: /wanted a letter/ },
    { field: 'agents["a b"]', description: /wanted a letter/ },
    { field: 'agents.user', description: /cannot name an agent/ },
  ]);
  t.same(problemsOf(t, `agents: {${'a'.repeat(64)}: {}}`), []);
  t.equal(problemsOf(t, `agents: {${'a'.repeat(65)}: {}}`).length, 1);
});

t.test('values out of range are problems that name the path (CFG-20)', async (t) => {
  const fields = problemsOf(
    t,
    'llms: {x: {provider: offline, temperature: 2.1, max_tokens: 0, max_tool_output_length: -1, first_token_ms: -5}}',
  ).map(({ field }) => field);
  t.same(fields.sort(), ['llms.x.first_token_ms', 'llms.x.max_tokens', 'llms.x.max_tool_output_length', 'llms.x.temperature']);
  t.match(
    problemsOf(t, 'document_stores: {d: {source: {type: directory, path: x}, chunking: {size: 3000, overlap: 3000, min_size: 2500}}}').map(
      ({ field }) => field,
    ),
    [/overlap$/, /size$/, /min_size$/],
  );
});

t.test('chunking and parsers: what they are, and what they cannot be (CFG-70, RAG-13, RAG-24)', async (t) => {
  const store = (more: string) => `document_stores: {d: {source: {type: directory, path: x}, ${more}}}`;
  const settings = (more: string) => load(t, `${store(more)}\ntools: {parser: {url: 'http://127.0.0.1:9/mcp'}}`).documentStores['d'];
  t.match(settings(''), {
    chunking: { strategy: 'simple', unit: 'characters', size: 1000, overlap: 0, minSize: 100, maxSize: 2000, preserveWords: true },
    indexing: { documentTimeoutMs: 60_000, maxChunks: 10_000 },
    mcpParsers: undefined,
  });
  t.same(settings('mcp_parsers: {tool_names: [read]}')?.mcpParsers, {
    toolNames: ['read'],
    extensions: ['.pdf', '.docx', '.pptx', '.xlsx'],
    priority: 8,
    pathPrefix: '',
  });
  t.match(settings('mcp_parsers: {tool_names: [read], prefer_native: true, extensions: [PDF, .Html], path_prefix: /docs}')?.mcpParsers, {
    extensions: ['.pdf', '.html'],
    priority: 4,
    pathPrefix: '/docs',
  });
  t.match(problemsOf(t, store('chunking: {strategy: fixed_size}')), [{ field: /strategy$/, description: /fixed_size.*simple/s }]);
  t.match(problemsOf(t, store('chunking: {unit: tokens, size: 8, min_size: 1, max_size: 10}')), [
    { field: /max_size$/, description: /at least 16/ },
  ]);
  t.match(problemsOf(t, store('mcp_parsers: {tool_names: [read]}')), [{ field: /tool_names$/, description: /no MCP server/ }]);
});

t.test('without a file the built-in configuration stands: one offline llm, one agent, sqlite, hnsw (CFG-08)', async (t) => {
  const folder = t.testdir({});
  const settings = loadSettings({ workingDirectory: folder, environment: { HOME: folder } });
  t.match(settings, {
    stateDirectory: join(folder, '.hector'),
    redis: { url: '' },
    storage: { database: '_default' },
    databases: { _default: { driver: 'sqlite', database: join(folder, '.hector/hector.db') } },
    llms: { default: { provider: 'offline' } },
    agents: { assistant: { llm: 'default', tools: undefined, documentStores: [] } },
    embedders: { _local: { provider: 'local', dimension: 384 } },
    vectorStores: { _hnsw: { type: 'hnsw', persistPath: join(folder, '.hector/vectors') } },
    documentStores: {},
    server: {
      host: '0.0.0.0',
      port: 8080,
      shutdownTimeoutMs: 30_000,
      drainDelayMs: 2_000,
      limits: { maxBodyBytes: 10_485_760, maxHeaderBytes: 16_384 },
    },
    queue: { maxWaiting: 20_000, concurrency: 64, leaseMs: 1_400, timeSliceMs: 1_000, stallAfterMs: 30_000 },
  });
  t.match(settings.version, /^[0-9a-f]{16}$/);
  t.ok(settings.source.length > 0);
});

t.test('the provider is openai when something points to it, else offline (CLI-40)', async (t) => {
  const provider = (text: string, environment = {}) => load(t, text, environment).llms.default?.provider;
  t.equal(provider(''), 'offline');
  t.equal(provider('', { OPENAI_API_KEY: 'sk-test' }), 'openai');
  t.equal(provider('llms: {default: {api_key: k}}'), 'openai');
  t.equal(provider('llms: {default: {base_url: "http://localhost:1"}}'), 'openai');
  t.equal(provider('llms: {default: {provider: offline}}', { OPENAI_API_KEY: 'sk-test' }), 'offline');
  t.match(problemsOf(t, 'llms: {default: {model: my-model}}'), [{ field: 'llms.default.provider', description: /cannot be told/ }]);
  t.match(problemsOf(t, 'llms: {default: {provider: openai}}'), [{ field: 'llms.default.api_key', description: /OPENAI_API_KEY/ }]);
  t.equal(load(t, 'llms: {default: {provider: openai}}', { OPENAI_API_KEY: 'sk-test' }).llms.default?.apiKey, 'sk-test');
});

t.test('the key of the environment goes to OpenAI only, never to another service', async (t) => {
  const key = (text: string) => load(t, `llms: {x: {provider: openai, ${text}}}`, { OPENAI_API_KEY: 'sk-test' }).llms.x?.apiKey;
  for (const address of ['', 'https://api.openai.com/v1', 'https://eu.api.openai.com/v1'])
    t.equal(key(`base_url: "${address}"`), 'sk-test', address);
  for (const address of ['http://localhost:1/v1', 'https://openai.com.evil.example', 'https://notopenai.com', 'http://api.openai.com/v1'])
    t.equal(key(`base_url: "${address}"`), '', address);
  t.equal(key('base_url: "http://localhost:1", api_key: own'), 'own');
});

t.test('agents without llm take defaults.llm, default, or the only one (CFG-09)', async (t) => {
  const llms = 'llms: {one: {provider: offline}, two: {provider: offline}}\nagents: {a: {}}\n';
  t.equal(load(t, `${llms}defaults: {llm: two}`).agents.a?.llm, 'two');
  t.equal(load(t, 'llms: {only: {provider: offline}}\nagents: {a: {}}').agents.a?.llm, 'only');
  t.match(problemsOf(t, llms), [{ field: 'agents.a.llm', description: /several llms: one, two/ }]);
});

t.test('left out, empty and filled lists of tools and stores are three things (CFG-31)', async (t) => {
  const stores = 'document_stores: {x: {source: {type: directory, path: x}}, y: {source: {type: directory, path: y}}}\n';
  const { agents } = load(
    t,
    `${stores}agents: {all: {}, none: {tools: [], document_stores: []}, one: {tools: [search], document_stores: [y]}}`,
  );
  t.equal(agents.all?.tools, undefined);
  t.same(agents.all?.documentStores, ['x', 'y']);
  t.same([agents.none?.tools, agents.none?.documentStores], [[], []]);
  t.same([agents.one?.tools, agents.one?.documentStores], [['search'], ['y']]);
  t.match(problemsOf(t, 'agents: {a: {tools: }}'), [
    { field: 'agents.a.tools', description: /nothing is written here; wanted a list of texts; \[\] is none/ },
  ]);
});

t.test('gRPC is on when its port is set, or on 50051 by transport (CFG-80, API-60)', async (t) => {
  for (const [server, grpcPort] of [
    ['{}', undefined],
    ['{grpc_port: 9000}', 9000],
    ['{grpc_port: 0}', 0],
    ['{transport: grpc}', 50_051],
    ['{transport: grpc, grpc_port: 9000}', 9000],
    ['{transport: json-rpc}', undefined],
    ['{transport: jsonrpc, grpc_port: 9000}', 9000],
    ['{transport: http}', undefined],
  ] as const)
    t.equal(load(t, `server: ${server}`).server.grpcPort, grpcPort, server);
  t.equal(load(t, 'server: {grpc_public_address: "grpc.example:443"}').server.grpcPublicAddress, 'grpc.example:443');
  t.match(problemsOf(t, 'server: {grpc_public_address: "https://grpc.example"}'), [{ field: 'server.grpc_public_address' }]);
  t.match(problemsOf(t, 'server: {transport: smoke}'), [{ field: 'server.transport' }]);
});

t.test('weak typing reads what variables bring (CFG-05)', async (t) => {
  const text = `
server: {port: "\${PORT}", shutdown_timeout_ms: "\${BUDGET}"}
llms: {default: {provider: offline, temperature: "\${WARMTH}"}}
agents: {a: {streaming: "\${STREAM}", input_modes: "\${MODES}"}}
`;
  const settings = load(t, text, { PORT: '9000', BUDGET: '2m30s', WARMTH: '0.5', STREAM: 'false', MODES: 'text/plain, application/json' });
  t.match(settings, {
    server: { port: 9000, shutdownTimeoutMs: 150_000 },
    llms: { default: { temperature: 0.5 } },
    agents: { a: { streaming: false, inputModes: ['text/plain', 'application/json'] } },
  });
});

t.test('variables stand before defaults are taken, defaults before anything is checked, and flags over the file (CFG-02)', async (t) => {
  const folder = t.testdir({
    'hector.yaml': 'llms: {main: {provider: "${WHO}"}}\nserver: {port: "${PORT:-1}"}',
    '.env': 'WHO=anthropic\nPORT=70000',
  });
  const environment = { HOME: folder, ANTHROPIC_API_KEY: 'k' };
  const options = { file: 'hector.yaml', workingDirectory: folder, environment };
  const settings = loadSettings({ ...options, overrides: { server: { port: 9_000 } } });
  t.match(settings, { llms: { main: { provider: 'anthropic', model: /^claude/, apiKey: 'k' } }, server: { port: 9_000 } });
  t.match(Object.values(settings.agents), [{ llm: 'main' }], 'what is missing is made of what the file has');
  t.throws(
    () => loadSettings(options),
    { code: 'CONFIG_INVALID', problems: [{ field: 'server.port' }] },
    'what a variable says is checked',
  );
});

t.test('numbers keep the digits they were written with where text is wanted', async (t) => {
  const settings = load(t, 'version: 2\ndatabases: {d: {driver: postgres, password: 0123, database: 1.10}}');
  t.match(settings.databases.d, { password: '0123', database: '1.10' });
});

t.test('relative paths start at the working directory, not at the file', async (t) => {
  const folder = t.testdir({
    etc: {
      'h.yaml':
        'document_stores: {d: {source: {type: directory, path: docs}}}\ndatabases: {m: {driver: sqlite, database: x.db}}\nlogger: {file: log/h.log}',
    },
  });
  const settings = loadSettings({ file: 'etc/h.yaml', workingDirectory: folder, environment: { HOME: folder } });
  t.match(settings.documentStores.d?.source, { path: join(folder, 'docs') });
  t.equal(settings.databases.m?.database, join(folder, 'x.db'));
  t.equal(settings.logger.file, join(folder, 'log/h.log'));
});

t.test('a default file that is there but cannot be reached is an error, never the built-in configuration', async (t) => {
  const folder = t.testdir({ home: {}, '.hector': t.fixture('symlink', '.hector') });
  const load = () => loadSettings({ workingDirectory: folder, environment: { HOME: join(folder, 'home') } });
  t.throws(load, { code: 'CONFIG_UNREADABLE', message: /\.hector\/config\.yaml/ });
});

t.test('settings are frozen at every depth', async (t) => {
  const settings = load(t, 'agents: {a: {tools: [search]}}');
  const walk = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(walk));
  t.ok(walk(settings));
});

t.test('the source rebuilds the same settings and holds no value of a variable (R12)', async (t) => {
  const folder = t.testdir({
    'h.yaml': 'llms: {b: {provider: openai, api_key: "${KEY}"}, a: {provider: offline}}\ndefaults: {llm: b}\nname: ${NAME:-x}',
  });
  const environment = { HOME: folder, KEY: 'sk-very-secret' };
  const settings = loadSettings({ file: 'h.yaml', workingDirectory: folder, environment });
  t.notMatch(settings.source, /sk-very-secret/);
  t.same(settingsFromSource(settings.source, environment, folder), settings);
});

t.test('what was detected is part of the source: a key that appears later changes nothing (R12)', async (t) => {
  const folder = t.testdir({});
  const settings = loadSettings({ workingDirectory: folder, environment: { HOME: folder } });
  t.equal(settingsFromSource(settings.source, { HOME: folder, OPENAI_API_KEY: 'sk-later' }, folder).llms.default?.provider, 'offline');
});

t.test('the same configuration in another order or form is the same version', async (t) => {
  const a = load(t, 'name: x\nserver: {port: 1, host: h}');
  const b = load(t, '{"server": {"host": "h", "port": 1}, "name": "x"}');
  t.equal(a.version, b.version);
  t.not(a.version, load(t, 'name: y').version);
});

t.test('overrides are laid over the file and become part of the source', async (t) => {
  const folder = t.testdir({ 'h.yaml': 'server: {port: 1, host: h}' });
  const options = { file: 'h.yaml', workingDirectory: folder, environment: { HOME: folder } };
  const settings = loadSettings({ ...options, overrides: { server: { port: 2 } } });
  t.match(settings.server, { port: 2, host: 'h' });
  t.match(settings.source, /"port":2/);
  t.equal(loadSettings({ ...options, overrides: (document) => ({ name: Object.keys(document).join() }) }).name, 'server');
});

t.test('the environment goes before the file for the log, and REDIS_URL is a default (CLI-14)', async (t) => {
  const text = 'logger: {level: error, format: json}';
  t.match(load(t, text, { LOG_LEVEL: 'debug', LOG_FORMAT: 'verbose' }).logger, { level: 'debug', format: 'verbose' });
  t.match(load(t, text).logger, { level: 'error', format: 'json' });
  t.match(problemsOf(t, text, { LOG_LEVEL: 'loud' }), [
    { field: 'LOG_LEVEL', description: /'loud'; wanted one of debug, info, warn, error/ },
  ]);
  t.equal(load(t, '', { REDIS_URL: 'redis://r:1' }).redis.url, 'redis://r:1');
  t.match(problemsOf(t, '', { REDIS_URL: 'http://:hidden@r' }), [
    { field: 'REDIS_URL', description: /^the variable \(not shown\).*wanted redis:/ },
  ]);
  t.equal(load(t, 'redis: {url: "redis://own:2"}', { REDIS_URL: 'redis://r:1' }).redis.url, 'redis://own:2');
});

t.test('chromem means hnsw, sqlite3 means sqlite (decision 12)', async (t) => {
  const settings = load(t, 'vector_stores: {v: {type: chromem}}\ndatabases: {d: {driver: sqlite3}}');
  t.equal(settings.vectorStores.v?.type, 'hnsw');
  t.equal(settings.databases.d?.driver, 'sqlite');
});

t.test('no problem shows a secret', async (t) => {
  const secret = 'hunter2-hunter2';
  const text =
    'llms: {x: {provider: openai, api_key: [1]}}\nredis: {url: "http://u:${DB_PASSWORD}@h"}\nserver: {port: "${DB_PASSWORD}"}\ndatabases: {d: {driver: mysql, url: "postgres://u:${DB_PASSWORD}@h/x"}}';
  const problems = problemsOf(t, text, { DB_PASSWORD: secret });
  t.equal(problems.length, 4);
  t.notMatch(JSON.stringify(problems), new RegExp(secret));
});

t.test('the interval of checkpoints is a whole number of iterations or a time; no part of an iteration (CFG-77)', async (t) => {
  const interval = (value: string) => load(t, `storage: {checkpoint: {interval: ${value}}}`).storage.checkpoint.interval;
  t.same(interval('3'), { iterations: 3, ms: 0 });
  t.same(interval('2.5s'), { iterations: 0, ms: 2_500 });
  for (const value of ['2.5', '0.5', '"2.5"', '-1', '1x'])
    t.match(
      problemsOf(t, `storage: {checkpoint: {interval: ${value}}}`),
      [{ field: 'storage.checkpoint.interval', description: /whole number of iterations/ }],
      value,
    );
});

t.test('keys that other configurations have for memory are refused with what to write instead (CFG-76)', async (t) => {
  const workingDirectory = t.testdir({});
  const document = {
    storage: { memory: { backend: 'vector', vector_provider: { type: 'chromem' } }, index: { type: 'keyword' } },
    server: { memory: {} },
  };
  try {
    loadSettings({ document, workingDirectory, environment: {} });
    t.fail('loaded');
  } catch (error) {
    const { problems } = error as { problems: readonly { field: string; description: string }[] };
    const about = (field: string) => problems.find((problem) => problem.field === field)?.description ?? '';
    t.match(about('storage.memory.vector_provider'), /kept in SQL.*write 'backend: vector' with 'embedder/);
    t.match(about('storage.index'), /storage\.memory/);
    t.match(about('server.memory'), /storage\.memory/);
  }
});
