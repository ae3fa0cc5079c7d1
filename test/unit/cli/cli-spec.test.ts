/** What spec/02 says of the command line and no other file here does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { recordStart, runCommand, stopped } from '../../support/cli-rig.js';

t.test('version prints what was built (CLI-01)', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  t.match(await runCommand(t, ['version']), { code: 0, output: `Hector version ${version}\n` });
});

t.test('.hector/config.yaml is the file when none is named (CLI-10, CLI-02)', async (t) => {
  const files = { '.hector': { 'config.yaml': 'agents: {purser: {}}' }, 'other.yaml': 'agents: {bosun: {}}' };
  for (const [flags, agent] of [
    [[], 'purser'],
    [['--config', 'other.yaml'], 'bosun'],
  ] as const) {
    const { seen, start } = recordStart(t);
    await runCommand(t, ['serve', ...flags], { files, start, stop: stopped() });
    t.same(Object.keys(seen.settings?.agents ?? {}), [agent]);
    t.same([seen.roles, seen.closed], [['front', 'agent', 'ingest', 'keeper'], 1]);
  }
});

t.test(
  'a log level, a format and a file are taken, and an unknown level or format is refused (CLI-11, CLI-12, CLI-13, CLI-14, W-08)',
  async (t) => {
    const { seen, start } = recordStart(t);
    const flags = ['--log-level', 'debug', '--log-format', 'json', '--log-file', 'hector.log'];
    const { folder } = await runCommand(t, ['serve', ...flags], { start, stop: stopped(), environment: { LOG_LEVEL: 'error' } });
    t.match(seen.settings?.logger, { level: 'debug', format: 'json', file: join(folder, 'hector.log') });
    for (const wrong of [
      ['--log-level', 'loud'],
      ['--log-format', 'xml'],
    ])
      t.match(await runCommand(t, ['serve', ...wrong]), { code: 2, errors: new RegExp(`${wrong[0]}.*'?${wrong[1]}`) });
  },
);

t.test('--studio turns --watch on (CLI-24); a file and flags go together (CLI-25)', async (t) => {
  const watched: unknown[] = [];
  const { seen, start } = recordStart(t);
  const record: typeof start = (settings, options) => {
    watched.push(options.watches);
    return start(settings, options);
  };
  const files = { 'h.yaml': 'server: {host: 127.0.0.1}\nagents: {purser: {}}' };
  for (const flags of [['--studio', '--role', 'Purser'], ['--watch'], []])
    await runCommand(t, ['serve', '-c', 'h.yaml', ...flags], { files, start: record, stop: stopped() });
  t.same(watched, [true, true, false]);
  t.same(Object.keys(seen.settings?.agents ?? {}), ['purser']);
});

t.test('what is generated has these names (CLI-41)', async (t) => {
  const flags = ['--docs-folder', 'docs', '--storage', 'sqlite', '--mcp-url', 'http://127.0.0.1:9/mcp'];
  const { folder } = await runCommand(t, ['serve', ...flags], {
    files: { docs: { 'a.md': 'x' } },
    start: recordStart(t).start,
    stop: stopped(),
  });
  const written = parse(readFileSync(join(folder, '.hector/config.yaml'), 'utf8')) as Record<string, Record<string, unknown>>;
  const names = (section: string) => Object.keys(written[section] ?? {});
  t.same(names('llms'), ['default']);
  t.same(names('agents'), ['assistant']);
  t.same(names('databases'), ['_default']);
  t.same(names('embedders'), ['_rag_embedder']);
  t.same(names('vector_stores'), ['_rag_vectors']);
  t.same(names('document_stores'), ['_rag_docs']);
  t.ok(names('tools').includes('mcp'));
});

t.test('the lines of the start say where everything is, and no password (CLI-51)', async (t) => {
  const password = 'hidden';
  const config = `
server: {host: 127.0.0.1, studio: {enabled: true}}
redis: {url: "redis://:${password}@127.0.0.1:6379"}
observability: {tracing: {enabled: true, exporter: zipkin, endpoint: "http://user:${password}@zipkin:9411/api/v2/spans", sampling_rate: 0.1}, metrics: {enabled: true}}
document_stores: {manual: {source: {type: directory, path: docs}}}
agents: {purser: {}, secret: {visibility: private}}
`;
  const start = recordStart(t, { grpcPort: 5 }).start;
  const serve = (text: string, ...flags: string[]) =>
    runCommand(t, ['serve', '-c', 'h.yaml', ...flags], { files: { 'h.yaml': text, docs: {} }, start, stop: stopped() });
  const { output } = await serve(config);
  for (const line of [
    /^Agents: +http:\/\/127\.0\.0\.1:1\/agents$/m,
    /^Agent card: +http:\/\/127\.0\.0\.1:1\/\.well-known\/agent-card\.json$/m,
    /^Health: +http:\/\/127\.0\.0\.1:1\/health$/m,
    /^Configuration: +http:\/\/127\.0\.0\.1:1\/api\/config$/m,
    /^gRPC: +127\.0\.0\.1:5$/m,
    /^Agent purser: +http:\/\/127\.0\.0\.1:1\/agents\/purser$/m,
    /^Storage: +sqlite .*hector\.db$/m,
    /^Redis: +redis:\/\/\*\*\*@127\.0\.0\.1:6379$/m,
    /^Tracing: +zipkin http:\/\/\*\*\*@zipkin:9411\/api\/v2\/spans, 10 % of requests$/m,
    /^Metrics: +http:\/\/127\.0\.0\.1:1\/metrics$/m,
    /^Documents manual: +.*docs/m,
  ])
    t.match(output, line);
  t.notMatch(output, /hidden|Agent secret/);
  const plain = await serve('agents: {purser: {}}');
  t.match(plain.output, /^Tracing: +off$/m);
  t.match(plain.output, /^Metrics: +off$/m);
  const worker = await serve('observability: {metrics: {enabled: true}}', '--roles', 'agent');
  t.match(worker.output, /^Metrics: +none of this process: set observability\.metrics\.port$/m);
});

t.test('--ephemeral takes SKILL.md below its flags, and writes nothing (CLI-22, CLI-23)', async (t) => {
  const files = {
    'SKILL.md': '---\nname: ferry-desk\ndescription: Knows ferries\nallowed-tools: Grep Frobnicate\n---\nAnswer about ferries.\n',
  };
  const serve = async (...flags: string[]) => {
    const { seen, start } = recordStart(t);
    const result = await runCommand(t, ['serve', '--ephemeral', ...flags], { files, start, stop: stopped() });
    return { ...result, agent: seen.settings?.agents['assistant'] };
  };
  const plain = await serve();
  t.match(plain.agent, { name: 'ferry-desk', instruction: 'Answer about ferries.', tools: ['grep_search'] });
  t.match(plain.errors, /warning: SKILL\.md allows Frobnicate/);
  t.throws(() => readFileSync(join(plain.folder, '.hector/config.yaml')), { code: 'ENOENT' });
  const told = await serve('--instruction', 'Answer about trains.');
  t.match(told.agent, { name: 'ferry-desk', instruction: 'Answer about trains.' });
  const named = await runCommand(t, ['serve', '--ephemeral', '-c', 'h.yaml'], {
    files: { ...files, 'h.yaml': 'agents: {assistant: {instruction: Mine.}}' },
    start: (settings, options) => {
      t.equal(settings.agents['assistant']?.instruction, 'Mine.');
      return recordStart(t).start(settings, options);
    },
    stop: stopped(),
  });
  t.equal(named.code, 0);
});

t.test('a folder that cannot be written to is served from memory, with its SKILL.md', async (t) => {
  const { seen, start } = recordStart(t);
  const skill = '---\nname: ferry-desk\ndescription: Knows ferries\n---\nAnswer about ferries.\n';
  // Where no user may make a folder, not even root.
  const files = { 'SKILL.md': skill, '.hector': t.fixture('symlink', '/proc/hector-nowhere') };
  const { errors, code } = await runCommand(t, ['serve'], { files: files as never, start, stop: stopped() });
  t.equal(code, 0, errors);
  t.match(errors, /going on without a file/);
  t.equal(seen.settings?.agents['assistant']?.name, 'ferry-desk');
  // A file that is there is what is served: the skill cannot be left out of it silently.
  const inTheWay = { 'SKILL.md': skill, '.hector': 'a file' };
  const refused = await runCommand(t, ['serve'], { files: inTheWay });
  t.match(refused, { code: 1, errors: /config\.yaml cannot be replaced \(E/ });
});
