/** The programs as users run them: one bundle, made of the sources, that finds its own parts (CLI-01, PRG-01). */
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Hector } from 'hector';
import t from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { silentLogger } from '../../src/observe/log.js';
import { sendText, type WireTask } from '../support/a2a-client.js';
import { assertFreshBundle, bundledProgram } from '../support/bundled-program.js';
import { temporaryDirectory } from '../support/start-hector.js';
import { startWebPeer } from '../support/web-peer.js';

t.before(assertFreshBundle);

t.test('all threads of the bundle start: text, index, and those of tools; agents in code run beside them (PRG-01)', async (t) => {
  const workingDirectory = await temporaryDirectory(t);
  await writeFile(path.join(workingDirectory, 'bell.md'), '# Bell\n\nThe bell of the lighthouse weighs three hundred kilograms.\n');
  const peer = await startWebPeer(t, (_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Shop</title><p>Bolts'),
  );
  const hector = await new Hector({
    workingDirectory,
    environment: {},
    config: {
      server: { host: '127.0.0.1', port: 0, drain_delay_ms: 0 },
      tools: {
        look: { handler: 'grep_search', working_directory: '.' },
        page: { handler: 'web_fetch', allow_private: ['127.0.0.1'] },
      },
      document_stores: { docs: { source: { type: 'directory', path: '.', include: ['*.md'] } } },
      agents: { reader: { tools: ['look', 'page'] }, guide: { document_stores: ['docs'], include_context: true } },
    },
  })
    .agent('echo', ({ message }) => `heard ${message.parts[0]?.text}`)
    .start({ log: silentLogger });
  t.teardown(() => hector.close());
  t.match(await hector.ingest(undefined, () => undefined, AbortSignal.timeout(60_000)), { failed: 0 });
  const ask = async (agent: string, text: string) => textOf(await sendText(`${hector.url}/agents/${agent}`, text));
  t.match(await ask('guide', 'How heavy is the bell of the lighthouse?'), /three hundred kilograms/);
  t.match(await ask('reader', 'call look {"pattern": "hundred kilo"}'), /bell\.md/);
  t.match(await ask('reader', `call page ${JSON.stringify({ url: peer.url })}`), /# Shop/);
  t.equal(await ask('echo', 'you'), 'heard you');
});

t.test('every thread of the sources is a program of the bundle', async (t) => {
  for (const name of await readdir('workers/threads')) {
    const built = (await import(path.resolve('dist/bundle/workers/threads', name.replace(/\.ts$/, '.js')))) as JsonObject;
    t.ok(Object.keys(built).length > 0, name);
  }
});

t.test('a stack trace names the file and the line of the sources', async (t) => {
  const directory = await temporaryDirectory(t);
  const { code, output } = await run(['serve', '--config', 'missing.yaml'], directory);
  t.equal(code, 1);
  const place = /\((\S+\/src\/config\/read-config-file\.ts):(\d+):\d+\)/.exec(output);
  if (place === null) {
    t.fail(output);
    return;
  }
  t.match((await readFile(place[1] as string, 'utf8')).split('\n')[Number(place[2]) - 1], /throw new AppError\(/);
});

t.test('the worker programs take the arguments of serve', async (t) => {
  const directory = await temporaryDirectory(t);
  const { code, output } = await run(['--nonsense'], directory, bundledProgram('workers/agent'));
  t.equal(code, 2, output);
  t.match(output, /--nonsense/);
});

const textOf = (task: WireTask) =>
  (task.artifacts ?? [])
    .flatMap(({ parts }) => parts)
    .map((part) => part.text ?? JSON.stringify(part))
    .join('\n');

function run(
  argv: readonly string[],
  cwd: string,
  program = bundledProgram(),
): Promise<{ readonly code: number; readonly output: string }> {
  const env = { PATH: process.env['PATH'], HOME: cwd, LOG_LEVEL: 'debug' };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...argv], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}
