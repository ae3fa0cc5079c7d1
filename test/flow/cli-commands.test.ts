import { spawnSync } from 'node:child_process';
import t from 'tap';
import { bundledProgram } from '../support/bundled-program.js';

const MAIN = bundledProgram();

function hector(folder: string, ...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...argv], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 20_000,
    env: { PATH: process.env.PATH, HOME: folder },
  });
  return { code: status, output: stdout, errors: stderr };
}

t.test('the executable answers version, help and wrong usage with their exit codes', async (t) => {
  const folder = t.testdir({});
  t.match(hector(folder, 'version'), { code: 0, output: /^Hector version \d+\.\d+\.\d+\n$/, errors: '' });
  t.match(hector(folder, 'serve', '--help'), { code: 0, output: /Usage: hector serve/ });
  t.match(hector(folder, 'serv'), { code: 2, output: '', errors: /did you mean 'serve'/ });
});

t.test('the executable validates a file with five mistakes: exit 1 and five lines', async (t) => {
  const folder = t.testdir({
    'bad.yaml': 'sever: {}\nllms: {a: {provider: x, temperature: 9}}\nqueue: {concurrency: many}\nagents: {user: {}}\n',
  });
  const { code, output } = hector(folder, 'validate', 'bad.yaml');
  t.equal(code, 1);
  t.same(
    output
      .trimEnd()
      .split('\n')
      .map((line) => line.split(': ')[1]),
    ['sever', 'llms.a.provider', 'llms.a.temperature', 'queue.concurrency', 'agents.user'],
  );
});

t.test('a reader that goes away early is no failure', async (t) => {
  const { status, stderr } = spawnSync('sh', ['-c', `"$0" "$1" schema | head -c 10`, process.execPath, MAIN], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  t.same([status, stderr], [0, '']);
});

t.test('a fault point that is spelled wrong stops the start', async (t) => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'version'], {
    encoding: 'utf8',
    timeout: 20_000,
    env: { PATH: process.env.PATH, HECTOR_FAULT_POINTS: 'nonsense' },
  });
  t.equal(status, 1);
  t.match(stderr, /HECTOR_FAULT_POINTS: 'nonsense' is not of the form/);
});

t.test('a slow reader of a pipe gets everything', async (t) => {
  const folder = t.testdir({});
  const { stdout } = spawnSync('sh', ['-c', `"$0" "$1" schema | (sleep 1; cat)`, process.execPath, MAIN], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 20_000,
    env: { PATH: process.env.PATH, HOME: folder },
  });
  t.equal(stdout, hector(folder, 'schema').output);
  t.ok(stdout.endsWith('}\n'), `${stdout.length} characters`);
});
