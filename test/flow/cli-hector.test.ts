import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { bundledProgram } from '../support/bundled-program.js';

const MAIN = bundledProgram();

const CONFIG = `
document_stores: {docs: {source: {type: directory, path: docs}}}
agents: {assistant: {instruction: Answer from the documents., include_context: true}}
server: {host: 127.0.0.1, port: 0, drain_delay_ms: 0}
`;
const DOCS = {
  'ferry.md': '# Ferry\n\nThe ferry leaves the harbour every forty minutes in summer.\n',
  'bell.md': '# Bell\n\nThe bell of the lighthouse weighs three hundred kilograms.\n',
};

function start(t: Test, folder: string, argv: readonly string[], environment: Record<string, string> = {}) {
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...argv], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...environment },
    timeout: 60_000,
  });
  t.teardown(() => child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  let check = (): void => undefined;
  child.stdout?.on('data', (chunk) => {
    output += String(chunk);
    check();
  });
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk);
  });
  return {
    child,
    ended: once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
      output,
      errors,
    })),
    /** Resolves with the first match in the output. */
    match: (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve) => {
        check = () => {
          const match = pattern.exec(output);
          if (match !== null) resolve(match);
        };
        check();
      }),
  };
}

t.test(
  'quickstart --once ingests, asks and quotes the right document; the second time nothing is read again',
  { timeout: 120_000 },
  async (t) => {
    const folder = t.testdir({});
    const environment = { QUICKSTART_STATE: join(folder, 'state'), PORT: '0' };
    const first = await start(t, folder, ['quickstart', '--once'], environment).ended;
    t.equal(first.code, 0, first.errors);
    t.match(first.output, /8 documents: 8 indexed/);
    t.match(first.output, /full refund of 100 % of the fare/);
    t.match(first.output, /Sources:[\s\S]*refunds\.md/);
    t.match(first.output, /state is kept in state\n/);
    t.match(first.output, /keeps serving; ask it .*\n\n {2}node dist\/bundle\/main\.js ask --url http:\S+ '/);
    const second = await start(t, folder, ['quickstart', '--once'], environment).ended;
    t.equal(second.code, 0, second.errors);
    t.match(second.output, /0 indexed \(0 chunks\), 8 unchanged/);
  },
);

t.test('quickstart finds another port when its own is taken', { timeout: 60_000 }, async (t) => {
  const folder = t.testdir({});
  const holder = createServer().listen(0, '127.0.0.1');
  t.teardown(() => holder.close());
  await once(holder, 'listening');
  const { port } = holder.address() as { port: number };
  const { code, output, errors } = await start(t, folder, ['quickstart', '--once'], {
    QUICKSTART_STATE: join(folder, 'state'),
    PORT: String(port),
  }).ended;
  t.equal(code, 0, errors);
  t.match(errors, /Port \d+ is taken/);
  t.equal(output.match(/1\/4/g)?.length, 1);
});

t.test('ingest, then ask with its own server, then serve, ask it, and stop it by SIGTERM (CLI-52)', { timeout: 120_000 }, async (t) => {
  const folder = t.testdir({ 'hector.yaml': CONFIG, docs: DOCS });
  const ingested = await start(t, folder, ['ingest', '-c', 'hector.yaml']).ended;
  t.match(ingested, { code: 0, output: /^2 documents: 2 indexed/ });
  const asked = await start(t, folder, ['ask', '-c', 'hector.yaml', 'How much does the bell of the lighthouse weigh?']).ended;
  t.match(asked, { code: 0, output: /three hundred kilograms/ });
  const server = start(t, folder, ['serve', '-c', 'hector.yaml']);
  const [, url] = await server.match(/Agents: +(http\S+)\/agents\n/);
  const remote = await start(t, folder, ['ask', '--url', url as string, '--agent', 'assistant', 'How often does the ferry leave?']).ended;
  t.match(remote, { code: 0, output: /every forty minutes/ });
  t.match(await start(t, folder, ['ask', '--url', url as string, '--agent', 'nobody', 'x']).ended, {
    code: 1,
    errors: /'nobody' not found/,
  });
  server.child.kill('SIGTERM');
  t.match(await server.ended, { code: 0, signal: null, errors: /Stopping/ });
});

t.test('ask with its own server answers from documents that nobody ingested, and from a change', { timeout: 120_000 }, async (t) => {
  const folder = t.testdir({ '.hector': { 'config.yaml': CONFIG }, docs: DOCS });
  const first = await start(t, folder, ['ask', 'How much does the bell of the lighthouse weigh?']).ended;
  t.match(first, { code: 0, output: /three hundred kilograms/, errors: /^2 documents: 2 indexed/ });
  writeFileSync(
    join(folder, 'docs/bell.md'),
    '# Bell\n\nThe bell of the lighthouse weighs seven hundred kilograms since it was cast anew.\n',
  );
  const second = await start(t, folder, ['ask', 'How much does the bell of the lighthouse weigh?']).ended;
  t.match(second, { code: 0, output: /seven hundred kilograms/, errors: /1 indexed .* 1 unchanged/ });
});

t.test('a document that fails makes ingest exit 1, each time, and the others are indexed', { timeout: 60_000 }, async (t) => {
  const folder = t.testdir({ 'hector.yaml': CONFIG, docs: DOCS });
  writeFileSync(join(folder, 'docs/broken.md'), Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7919) % 256)));
  t.match(await start(t, folder, ['ingest', '-c', 'hector.yaml']).ended, {
    code: 1,
    output: /2 indexed .* 1 failed/,
    errors: /broken\.md/,
  });
  t.match(await start(t, folder, ['ingest', '-c', 'hector.yaml']).ended, { code: 1, output: /0 indexed .* 2 unchanged, 1 failed/ });
});

t.test('a store whose folder is missing is told once, by ingest and by serve', { timeout: 60_000 }, async (t) => {
  const stores =
    'docs: {source: {type: directory, path: docs}}, more: {source: {type: directory, path: more}}, good: {source: {type: directory, path: good}}';
  const folder = t.testdir({ 'hector.yaml': CONFIG.replace(/docs: .*(?=\})/, stores), good: DOCS });
  const ingested = await start(t, folder, ['ingest', '-c', 'hector.yaml']).ended;
  t.equal(ingested.code, 1);
  const server = start(t, folder, ['serve', '-c', 'hector.yaml']);
  const [, url] = await server.match(/Agents: +(http\S+)\/agents\n/);
  t.match(await start(t, folder, ['ask', '--url', url as string, '--agent', 'assistant', 'How often does the ferry leave?']).ended, {
    code: 0,
    output: /every forty minutes/,
  });
  server.child.kill('SIGTERM');
  const served = await server.ended;
  for (const { errors } of [ingested, served])
    for (const name of ['docs', 'more']) t.equal(errors.split(`${join(folder, name)}' cannot be read`).length - 1, 1, errors);
});
