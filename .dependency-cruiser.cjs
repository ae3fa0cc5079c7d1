// The import rules of the project, as data. `test/gates/imports.test.ts` runs them and proves that each can fail.
// Type-only and lazy imports count: what a file knows is what it depends on.

/** Folders of `src`, lowest first. A folder may import those in rows above its own, never a neighbour in its own row. */
const LAYERS = [
  ['base'],
  ['protocol', 'observe'],
  ['config'],
  ['tasks'],
  ['providers', 'threads', 'access'],
  ['memory', 'knowledge'],
  ['agents'],
  ['runtime'],
  ['steps', 'a2a', 'studio'],
  ['http', 'grpc'],
];

/** Neighbours that may meet all the same, with the reason. */
const NEIGHBOURS = {
  // Adapters hand CPU work (embedding, the vector index) to the pools; tools reach what a model names through the outbound guard.
  providers: ['threads', 'access'],
};

/** Implements contracts declared in these folders; only `compose.ts` knows it. */
const STORAGE_MAY_IMPORT = ['base', 'protocol', 'observe', 'config', 'tasks', 'access', 'memory', 'knowledge'];
/** Contracts of a provider that all processes share: embedders pace themselves and remember what they were paid for. */
const STORAGE_CONTRACTS = ['^src/providers/embedders/(pace|embedding-store)\\.ts$'];

/** Each outside library and the one place of `src` that may see it (paths below `src/`). */
const LIBRARIES = {
  '@a2a-js/sdk': ['grpc/'],
  '@anthropic-ai/sdk': ['providers/llms/'],
  '@aws-sdk/client-s3': ['knowledge/sources/s3/'],
  '@google/genai': ['providers/llms/', 'providers/embedders/'],
  '@bufbuild/protobuf': ['grpc/'],
  // The collector over gRPC wants its headers as this library's Metadata.
  '@grpc/grpc-js': ['grpc/', 'observe/tracing/'],
  '@modelcontextprotocol/sdk': ['providers/tools/'],
  '@mozilla/readability': ['providers/tools/'],
  '@opentelemetry/api': ['observe/'],
  '@opentelemetry/context-async-hooks': ['observe/tracing/'],
  '@opentelemetry/exporter-trace-otlp-grpc': ['observe/tracing/'],
  '@opentelemetry/exporter-trace-otlp-http': ['observe/tracing/'],
  '@opentelemetry/exporter-trace-otlp-proto': ['observe/tracing/'],
  '@opentelemetry/sdk-node': ['observe/tracing/'],
  '@sinclair/typebox': ['config/', 'providers/tools/'],
  ajv: ['config/', 'protocol/', 'providers/tools/'],
  'ajv-formats': ['config/', 'protocol/', 'providers/tools/'],
  'better-sqlite3': ['storage/sql/'],
  bullmq: ['steps/'],
  diff: ['providers/tools/'],
  fflate: ['knowledge/extract/'],
  'gpt-tokenizer': ['memory/', 'knowledge/chunking/'],
  'hnswlib-node': ['providers/vector-stores/'],
  htmlparser2: ['knowledge/extract/'],
  ioredis: ['storage/redis/'],
  jose: ['access/', 'a2a/'],
  linkedom: ['providers/tools/'],
  mysql2: ['storage/sql/'],
  ollama: ['providers/llms/', 'providers/embedders/'],
  openai: ['providers/llms/', 'providers/embedders/'],
  'pdfjs-dist': ['knowledge/extract/'],
  pg: ['storage/sql/'],
  pino: ['observe/'],
  piscina: ['threads/'],
  'prom-client': ['observe/'],
  unbash: ['providers/tools/'],
  'uWebSockets.js': ['http/'],
  // The load test wants a client that costs little and reuses what it opened.
  undici: ['providers/llms/'],
  usearch: ['providers/vector-stores/'],
  yaml: ['config/'],
};

const escapePattern = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const folders = (names) => `^src/(${names.join('|')})/`;
// A package that is not installed keeps its bare name; an installed one is a path.
const library = (name) => `^(node_modules/)?(@types/)?${escapePattern(name)}($|/)`;

function layerRules() {
  const rules = [];
  LAYERS.forEach((row, index) => {
    const above = LAYERS.slice(index + 1).flat();
    for (const folder of row) {
      const neighbours = row.filter((name) => name !== folder && !NEIGHBOURS[folder]?.includes(name));
      const forbidden = [...above, ...neighbours, 'storage', 'cli'];
      rules.push({
        name: `down-only-${folder}`,
        comment: `src/${folder} imports only what lies below it`,
        severity: 'error',
        from: { path: folders([folder]) },
        to: { path: [folders(forbidden), '^src/(compose|main|index)\\.ts$'] },
      });
    }
  });
  return rules;
}

function libraryRules() {
  return Object.entries(LIBRARIES).map(([name, homes]) => ({
    name: `library-${name}`,
    comment: `${name} is visible from src/${homes.join(', src/')} only`,
    severity: 'error',
    from: { path: '^(src|workers)/', pathNot: `^src/(${homes.map(escapePattern).join('|')})` },
    to: { path: library(name) },
  }));
}

module.exports = {
  forbidden: [
    { name: 'no-cycle', comment: 'no import cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      comment: 'imports lead somewhere',
      severity: 'error',
      from: {},
      // The package by its own name, as programs import it: Node finds it by package.json, this gate does not.
      to: { couldNotResolve: true, pathNot: '^hector$' },
    },
    ...layerRules(),
    {
      name: 'storage-from-compose-only',
      comment: 'storage is chosen in compose.ts; everybody else sees the contracts',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/(storage/|compose\\.ts$)' },
      to: { path: '^src/storage/' },
    },
    {
      name: 'storage-implements-contracts',
      comment: `storage imports only ${STORAGE_MAY_IMPORT.join(', ')}`,
      severity: 'error',
      from: { path: '^src/storage/' },
      to: { path: '^src/', pathNot: [folders(['storage', ...STORAGE_MAY_IMPORT]), ...STORAGE_CONTRACTS] },
    },
    {
      name: 'compose-below-cli',
      comment: 'compose.ts sees every folder but the command line',
      severity: 'error',
      from: { path: '^src/(compose|index)\\.ts$' },
      to: { path: '^src/(cli/|main\\.ts$)' },
    },
    {
      name: 'main-hands-over',
      comment: 'main.ts hands argv to cli/ and sees little else',
      severity: 'error',
      from: { path: '^src/main\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(compose\\.ts$|(cli|base|config)/)' },
    },
    {
      name: 'nobody-imports-an-entry',
      comment: 'main.ts and worker entries are started, not imported',
      severity: 'error',
      from: { path: '^(src|workers)/' },
      to: { path: '^(src/main\\.ts|workers/.*)$' },
    },
    {
      name: 'no-tests-in-the-product',
      comment: 'src and workers know nothing of test and bench',
      severity: 'error',
      from: { path: '^(src|workers)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'contracts-have-no-behaviour',
      comment: 'a contract.ts imports only base, protocol, tasks and other contracts',
      severity: 'error',
      from: { path: '^src/providers/[^/]+/contract\\.ts$' },
      to: { pathNot: '^src/((base|protocol|tasks)/|providers/[^/]+/contract\\.ts$)' },
    },
    {
      name: 'adapters-by-registry-only',
      comment: 'an adapter is imported by its registry.ts and by its own files',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/providers/[^/]+/(registry\\.ts$|adapters/)' },
      to: { path: '^src/providers/[^/]+/adapters/' },
    },
    {
      name: 'adapters-by-own-registry',
      comment: 'a registry imports the adapters of its own kind',
      severity: 'error',
      from: { path: '^src/providers/([^/]+)/registry\\.ts$' },
      to: { path: '^src/providers/[^/]+/adapters/', pathNot: '^src/providers/$1/adapters/' },
    },
    {
      name: 'adapters-know-no-other',
      comment: 'adapters do not import each other',
      severity: 'error',
      from: { path: '^src/providers/([^/]+)/adapters/([^/.]+)' },
      to: { path: '^src/providers/[^/]+/(adapters/|registry\\.ts$)', pathNot: '^src/providers/$1/adapters/$2(/|\\.|-)' },
    },
    ...libraryRules(),
    {
      name: 'library-has-a-home',
      comment: 'an outside library of src has its one place in the table of .dependency-cruiser.cjs',
      severity: 'error',
      from: { path: '^(src|workers)/' },
      to: {
        dependencyTypesNot: ['core', 'local', 'localmodule', 'aliased'],
        path: '^(node_modules/|[@a-zA-Z])',
        pathNot: ['^(src|workers|test|bench)/', ...Object.keys(LIBRARIES).map(library)],
      },
    },
    {
      name: 'declared-dependency',
      comment: 'what src imports is in "dependencies" of package.json',
      severity: 'error',
      from: { path: '^(src|workers)/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm'],
        pathNot: '^(node_modules/)?@types/',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    preserveSymlinks: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
