import { join } from 'node:path';
import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import type { IngestProgress, StartHector } from '../../../src/runtime/hector.js';
import { recordStart, runCommand as run } from '../../support/cli-rig.js';

t.test('wrong usage exits 2 with the nearest right word, on the error output only', async (t) => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['serv'], /^error: unknown command 'serv'; did you mean 'serve'\?\n$/],
    [['serve', '--prot', '1'], /unknown flag --prot; did you mean --port\?/],
    [['serve', '--port'], /--port wants a value: --port <port>/],
    [['--log-level', 'loud', 'version'], /--log-level is 'loud'; wanted one of debug, info, warn, error/],
    [['version', 'extra'], /unexpected argument 'extra'/],
    [['version', '--help=yes'], /--help takes no value/],
    [['serve', '--roles', 'front,agnet'], /did you mean 'agent'\?/],
    [['serve', '--docs-folder', 'absent'], /not a folder/],
    [['ask'], /ask wants a question/],
    [['ask', '--url', 'nonsense', 'hi'], /wanted an address such as http/],
    [['validate'], /name the file/],
    [['validate', 'a.yaml', '--config', 'b.yaml'], /names two files, a\.yaml and b\.yaml; leave one out/],
    [['--nonsense'], /unknown flag --nonsense/],
  ];
  for (const [argv, wanted] of cases) {
    const { code, output, errors } = await run(t, argv);
    t.same([code, output], [2, ''], argv.join(' '));
    t.match(errors, wanted);
    t.notMatch(errors, /\n\s+at /, 'no stack trace');
  }
});

t.test('every command has help with examples (CLI-15)', async (t) => {
  for (const name of ['serve', 'ask', 'tasks', 'ingest', 'validate', 'info', 'schema', 'quickstart', 'version']) {
    const { code, output } = await run(t, [name, '--help']);
    t.equal(code, 0);
    t.match(output, /Usage: hector .*\n/);
    t.match(output, /Examples:\n {2}(hector|npm) /);
    t.match(output, /--log-level <level>/);
    t.equal((await run(t, ['help', name])).output, output);
  }
  t.match(await run(t, ['--help']), { code: 0, output: /Commands:/ });
  t.match(await run(t, []), { code: 2, errors: /Commands:/ });
});

t.test('validate says valid or every problem, in three forms (CLI-04, CLI-05)', async (t) => {
  const files = { 'good.yaml': 'server: {port: 1}', 'bad.yaml': 'sever: {}\nagents: {a: {llm: x}}' };
  t.match(await run(t, ['validate', 'good.yaml'], { files }), { code: 0, output: /good\.yaml: valid\n$/ });
  t.match(await run(t, ['validate', '--config', 'good.yaml', '-f', 'verbose'], { files }), { code: 0, output: /is valid \(version/ });
  const named = await run(t, ['validate', 'good.yaml', '-f', 'verbose'], { files });
  for (const key of ['document_stores: none', 'vector_stores: _hnsw', 'databases: _default']) t.match(named.output, `\n  ${key}\n`);
  const compact = await run(t, ['validate', 'bad.yaml'], { files });
  t.equal(compact.code, 1);
  t.equal(compact.output.trimEnd().split('\n').length, 2);
  t.match(compact.output, /bad\.yaml:1: sever: unknown key; did you mean 'server'\?\n/);
  const json = await run(t, ['validate', 'bad.yaml', '--format', 'json'], { files });
  t.match(JSON.parse(json.output), {
    valid: false,
    file: /bad\.yaml$/,
    errors: [
      { type: 'CONFIG_INVALID', message: /^sever: unknown key/ },
      { type: 'CONFIG_INVALID', message: /^agents\.a\.llm: / },
    ],
  });
  t.match(JSON.parse((await run(t, ['validate', 'good.yaml', '-f', 'json', '-p'], { files })).output), {
    valid: true,
    errors: [],
    config: { server: { port: 1 } },
  });
  t.match(await run(t, ['validate', 'absent.yaml']), { code: 1, output: /absent\.yaml does not exist/ });
});

t.test('validate --print-config shows everything but secrets (CLI-04)', async (t) => {
  const files = { 'h.yaml': 'llms: {l: {provider: openai, api_key: "${MY_KEY}"}}', '.env': 'MY_KEY=sk-from-dot-env\n' };
  const { code, output } = await run(t, ['validate', 'h.yaml', '-p'], { files });
  t.equal(code, 0);
  t.match(output, /api_key: "\*+"/);
  t.notMatch(output, /sk-from-dot-env/);
});

t.test('info lists agents or shows one (CLI-03)', async (t) => {
  const files = { '.hector': { 'config.yaml': 'agents: {helper: {description: Helps.}, other: {tools: []}}' } };
  t.match(await run(t, ['info'], { files }), { code: 0, output: /helper {2}Helps\.\nother/ });
  const one = await run(t, ['info', 'helper'], { files });
  t.match(one.output, /LLM: +default \(offline, offline\)\n/);
  t.equal((await run(t, ['info', '--agent', 'helper'], { files })).output, one.output);
  t.match(await run(t, ['info', 'helpr'], { files }), { code: 1, errors: /there is no agent 'helpr'; did you mean 'helper'\?/ });
});

t.test('schema prints the schema, indented or on one line (CLI-06)', async (t) => {
  const { output } = await run(t, ['schema']);
  for (const flag of ['--compact', '-c']) {
    const compact = await run(t, ['schema', flag]);
    t.equal(compact.output.trimEnd().split('\n').length, 1);
    t.same(JSON.parse(compact.output), JSON.parse(output));
  }
});

t.test('serve maps its flags onto the configuration of this run and closes at the stop signal (CLI-21, CLI-52)', async (t) => {
  const files = {
    'h.yaml': 'llms: {main: {provider: offline}}\nagents: {helper: {instruction: old}}\nserver: {port: 1, host: h}',
    docs: { 'a.md': 'x' },
  };
  const { seen, start } = recordStart(t);
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  const flags = [
    '--port',
    '0',
    '--provider',
    'openai',
    '--model',
    'm1',
    '--api-key',
    'sk-flag',
    '--instruction',
    'say ${X} and $Y',
    '--no-stream',
    '--docs-folder',
    'docs',
    '--temperature',
    '0.1',
    '--log-format',
    'json',
  ];
  const { code, output, folder } = await run(t, ['serve', '-c', 'h.yaml', '--roles', 'front, agent', ...flags], {
    files,
    start,
    stop,
    environment: { LOG_FORMAT: 'verbose' },
  });
  t.equal(code, 0);
  t.equal(seen.closed, 1);
  t.same(seen.roles, ['front', 'agent']);
  t.match(seen.settings, {
    server: { port: 0, host: 'h' },
    llms: { main: { provider: 'openai', model: 'm1', apiKey: 'sk-flag', temperature: 0.1 } },
    agents: { helper: { instruction: 'say ${X} and $Y', streaming: false, documentStores: ['_rag_docs'] } },
    documentStores: {
      _rag_docs: {
        source: { path: join(folder, 'docs') },
        chunking: { strategy: 'simple', size: 1000, overlap: 200 },
        search: { topK: 10, threshold: 0 },
      },
    },
    logger: { format: 'json' },
  });
  t.match(
    seen.settings?.documentStores._rag_docs?.source,
    { exclude: ['.git', 'node_modules', '__pycache__', '.hector', 'vendor'] },
    'as CLI-43 lists them',
  );
  t.notMatch(seen.settings?.source, /sk-flag/, 'the key is in no stored text (CLI-48)');
  t.match(output, /Agent card: +http:\/\/127\.0\.0\.1:1\/\.well-known\/agent-card\.json\n/);
  t.notMatch(output, /H E C T O R/, 'no banner where nobody watches (CLI-50)');
});

t.test('a banner is for somebody who watches (CLI-50)', async (t) => {
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  t.match((await run(t, ['serve'], { start: recordStart(t).start, stop, isWatched: true })).output, /H E C T O R/);
});

t.test('flags that could mean several agents or models are refused', async (t) => {
  const files = { 'h.yaml': 'llms: {a: {provider: offline}, b: {provider: offline}}\nagents: {x: {llm: a}, y: {llm: b}}' };
  t.match(await run(t, ['serve', '-c', 'h.yaml', '--model', 'm'], { files }), {
    code: 2,
    errors: /several llms \(a, b\); set defaults\.llm/,
  });
  t.match(await run(t, ['serve', '-c', 'h.yaml', '--instruction', 'm'], { files }), { code: 2, errors: /several agents \(x, y\)/ });
});

t.test('a configuration with problems ends serve with all of them and exit code 1', async (t) => {
  const { code, errors } = await run(t, ['serve', '--port', '99999', '--temperature', '9', '--provider', 'offline']);
  t.equal(code, 1);
  t.match(errors, /2 problems/);
  t.match(errors, / {2}server\.port: the value is 99999/);
  t.match(errors, / {2}llms\.default\.temperature: /);
});

const SUM: IngestProgress = { store: '', total: 3, done: 2, failed: 0, skipped: 1, chunks: 9, finished: true };
const STORES = { 'h.yaml': 'document_stores: {a: {source: {type: directory, path: a}}, b: {source: {type: directory, path: b}}}' };

t.test('ingest reads the stores named or all, shows progress and a summary', async (t) => {
  const asked: unknown[] = [];
  const { seen, start } = recordStart(t, {
    ingest: async (names, onProgress) => {
      asked.push(names);
      onProgress({ ...SUM, store: 'a', finished: false });
      return SUM;
    },
  });
  const { code, output, errors } = await run(t, ['ingest', 'b', '-c', 'h.yaml'], { files: STORES, start });
  t.equal(code, 0);
  t.match(output, /^3 documents: 2 indexed \(9 chunks\), 1 unchanged, 0 failed, in /);
  t.match(errors, /^3\/3 documents/);
  await run(t, ['ingest', '-c', 'h.yaml'], { files: STORES, start });
  t.same(asked, [['b'], undefined]);
  t.same(seen.roles, [], 'nothing reads the stores in the background');
  t.equal(seen.closed, 2);
});

t.test('ingest exits 1 when documents failed, names unknown stores, and 130 when interrupted', async (t) => {
  const failed = recordStart(t, { ingest: async () => ({ ...SUM, failed: 1 }) });
  t.equal((await run(t, ['ingest', '-c', 'h.yaml'], { files: STORES, start: failed.start })).code, 1);
  t.match(await run(t, ['ingest', 'aa', '-c', 'h.yaml'], { files: STORES }), {
    code: 1,
    errors: /no document store 'aa'; did you mean 'a'\?|there are a, b/,
  });
  t.match(await run(t, ['ingest']), { code: 1, errors: /no document_stores; add one/ });
  const stop = new AbortController();
  const stopped = recordStart(t, {
    ingest: async (_names, _onProgress, signal) => {
      stop.abort(new Error('stopped by SIGINT'));
      throw signal.reason;
    },
  });
  const result = await run(t, ['ingest', '-c', 'h.yaml'], { files: STORES, start: stopped.start, stop });
  t.match(result, { code: 130, errors: /Interrupted/ });
  t.equal(stopped.seen.closed, 1);
});

t.test('a failure of the system is one clear block; its stack only when debugging', async (t) => {
  const start: StartHector = async () => {
    throw new AppError('REDIS_UNAVAILABLE', {
      message: 'Redis at redis://r:1 cannot be reached; start it, or leave redis.url out',
      cause: new Error('connect ECONNREFUSED'),
    });
  };
  const quiet = await run(t, ['serve', '--ephemeral'], { start });
  t.same(
    [quiet.code, quiet.errors],
    [1, 'error: Redis at redis://r:1 cannot be reached; start it, or leave redis.url out: connect ECONNREFUSED\n'],
  );
  t.match(
    (await run(t, ['serve', '--ephemeral', '--log-level', 'debug'], { start })).errors,
    /\n\s+at [\s\S]*caused by: Error: connect ECONNREFUSED/,
  );
});

t.test('closing has a budget (CLI-52)', { timeout: 10_000 }, async (t) => {
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  const { start } = recordStart(t, { close: () => new Promise(() => undefined) });
  const files = { 'h.yaml': 'server: {shutdown_timeout_ms: 50}' };
  t.match(await run(t, ['serve', '-c', 'h.yaml'], { files, start, stop }), { code: 1, errors: /shutting down took longer than 50 ms/ });
});
