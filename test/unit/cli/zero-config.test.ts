import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import type { Settings } from '../../../src/config/settings.js';
import { recordStart, runCommand, stopped } from '../../support/cli-rig.js';

async function serve(
  t: Test,
  flags: readonly string[],
  rig: { environment?: Record<string, string>; files?: Record<string, string | Record<string, string>> } = {},
) {
  const { seen, start } = recordStart(t);
  const result = await runCommand(t, ['serve', ...flags], { ...rig, start, stop: stopped() });
  const file = join(result.folder, '.hector/config.yaml');
  const isThere = statSync(file, { throwIfNoEntry: false }) !== undefined;
  return { ...result, settings: seen.settings as Settings, file, text: isThere ? readFileSync(file, 'utf8') : undefined };
}

t.test(
  'the first serve writes what the flags said, with variables for secrets, for its owner alone (CLI-20, CLI-31, CLI-48, W-102)',
  async (t) => {
    const flags = [
      '--model',
      'claude-haiku-4-5',
      '--role',
      'Purser',
      '--port',
      '9000',
      '--mcp-url',
      'http://localhost:3000/mcp',
      '--docs-folder',
      'docs',
    ];
    const {
      text = '',
      settings,
      errors,
      file,
    } = await serve(t, flags, { environment: { ANTHROPIC_API_KEY: 'sk-ant-secret' }, files: { docs: { 'a.md': 'x' } } });
    t.equal(statSync(file).mode & 0o777, 0o600);
    t.notMatch(text, /sk-ant-secret/);
    t.match(errors, /Wrote \.hector\/config\.yaml/);
    t.match(parse(text), {
      version: '2',
      llms: { default: { provider: 'anthropic', model: 'claude-haiku-4-5', api_key: '${ANTHROPIC_API_KEY}' } },
      agents: { assistant: { prompt: { role: 'Purser' } } },
      tools: { mcp: { type: 'mcp', url: 'http://localhost:3000/mcp' } },
      server: { port: 9000 },
      embedders: { _rag_embedder: Object },
      vector_stores: { _rag_vectors: { type: 'chromem' } },
      document_stores: { _rag_docs: { chunking: { size: 1000, overlap: 200 }, watch: true } },
    });
    t.match(settings, { server: { port: 9000 }, llms: { default: { apiKey: 'sk-ant-secret' } } });
  },
);

t.test('a key that a flag gives is in no file, and the next start is told where it must come from (CLI-48)', async (t) => {
  const { text = '', settings, errors } = await serve(t, ['--provider', 'openai', '--api-key', 'sk-secret']);
  t.notMatch(text, /sk-secret/);
  t.match(text, /api_key: \$\{OPENAI_API_KEY\}/);
  t.equal(settings.llms.default?.apiKey, 'sk-secret');
  t.match(errors, /What --api-key said is not kept/);
});

t.test('without a key the offline model is used and not written down, so that a later key counts (CLI-40)', async (t) => {
  const { text = '', settings } = await serve(t, []);
  t.equal(settings.llms.default?.provider, 'offline');
  t.same(parse(text), { version: '2', llms: { default: {} }, agents: { assistant: {} } });
});

t.test('a file that is there is never written; flags count for their run (CLI-21)', async (t) => {
  const own = '# mine\nagents: {assistant: {instruction: Mine.}}\n';
  const { text, settings } = await serve(t, ['--instruction', 'Yours.'], { files: { '.hector': { 'config.yaml': own } } });
  t.equal(text, own);
  t.equal(settings.agents.assistant?.instruction, 'Yours.');
});

t.test('--ephemeral writes nothing, and has nothing to watch or to edit (CLI-22)', async (t) => {
  const { text, settings } = await serve(t, ['--ephemeral'], { files: { '.env': 'OPENAI_API_KEY=sk-env' } });
  t.equal(text, undefined);
  t.equal(settings.llms.default?.provider, 'openai');
  for (const flag of ['--studio', '--watch'])
    t.match(await runCommand(t, ['serve', '--ephemeral', flag]), { code: 2, errors: /--ephemeral keeps no file/ });
});

t.test('--storage names databases without their passwords (CLI-44, CLI-45)', async (t) => {
  const postgres = await serve(t, [
    '--storage',
    'postgres',
    '--storage-db',
    'host=db port=5433 user=ada password=hush dbname=runs sslmode=require',
  ]);
  t.notMatch(postgres.text, /hush/);
  t.match(parse(postgres.text ?? ''), { databases: { _default: { password: '${HECTOR_STORAGE_PASSWORD}' } } });
  t.match(postgres.settings.databases._default, {
    driver: 'postgres',
    host: 'db',
    port: 5433,
    username: 'ada',
    password: 'hush',
    database: 'runs',
    sslMode: 'require',
  });
  t.match(postgres.settings.storage.checkpoint, {
    enabled: true,
    strategy: 'hybrid',
    recovery: { autoResume: true, timeoutMs: 86_400_000 },
  });
  const mysql = await serve(t, ['--storage', 'mysql', '--storage-db', 'ada:hu:sh@tcp(db:3307)/runs?parseTime=true']);
  t.match(mysql.settings.databases._default, {
    driver: 'mysql',
    host: 'db',
    port: 3307,
    username: 'ada',
    password: 'hu:sh',
    database: 'runs',
  });
  const url = await serve(t, ['--storage', 'postgres', '--storage-db', 'postgres://ada:p%40w@db/runs']);
  t.match(url.settings.databases._default, { host: 'db', port: 5432, password: 'p@w', database: 'runs' });
  for (const part of ['ada:50%off@db/runs', 'a%da@db/runs', 'db/100%'])
    t.match(await runCommand(t, ['serve', '--storage', 'postgres', '--storage-db', `postgres://${part}`]), {
      code: 2,
      errors: /--storage-db \(not shown\) holds a % that begins no escape; in an address, write %25/,
    });
  const bad = await runCommand(t, ['serve', '--storage', 'mysql', '--storage-db', 'pw-only']);
  t.equal(bad.code, 2);
  t.notMatch(bad.errors, /pw-only/);
  t.match(await runCommand(t, ['serve', '--storage-db', 'x']), { code: 2, errors: /--storage-db wants --storage/ });
});

t.test('a folder of documents may say where parsers find it; a drive letter divides nothing (CLI-43)', async (t) => {
  const files = { docs: { 'a.md': 'x' }, tools: { x: '' } };
  const flags = [
    '--docs-folder',
    'docs:/data/docs',
    '--mcp-parser-tool',
    'convert,convert2',
    '--mcp-url',
    'http://localhost:1/mcp',
    '--no-rag-watch',
  ];
  const { settings } = await serve(t, flags, { files });
  t.match(settings.documentStores._rag_docs, {
    watch: false,
    mcpParsers: { toolNames: ['convert', 'convert2'], pathPrefix: '/data/docs', extensions: /./ },
  });
  t.match(await runCommand(t, ['serve', '--docs-folder', 'C:\\docs']), { code: 2, errors: /'C:\\docs', which is not a folder/ });
  t.match(await runCommand(t, ['serve', '--vector-type', 'qdrant']), { code: 2, errors: /--vector-type goes with --docs-folder/ });
});

t.test('a SIGHUP asks the server to look at its file again', async (t) => {
  let hangUp = (): void => undefined;
  const stop = new AbortController();
  const { start } = recordStart(t, {
    reload: async () => {
      stop.abort(new Error('stopped'));
    },
  });
  const running = runCommand(t, ['serve', '-c', 'h.yaml'], {
    files: { 'h.yaml': '{}' },
    start: async (...options) => {
      const hector = await start(...options);
      setImmediate(() => hangUp());
      return hector;
    },
    stop,
    listenForHangup: (onHangup: () => void) => {
      hangUp = onHangup;
      return () => undefined;
    },
  });
  t.equal((await running).code, 0);
});
