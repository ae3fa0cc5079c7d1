import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTap } from './read-tap.mjs';

/** After its own time limit a form has this long to say so itself before it is killed. */
const GRACE_MS = 20_000;
const SIGNALS = ['SIGINT', 'SIGTERM'];

/**
 * Runs one long form beside private database servers. A form is a test file (TAP) or a program whose exit code is the verdict and whose
 * last lines are what it measured.
 * Returns `{ tests, figures: [{ name, value }], seconds }`.
 */
export async function runLongForm(root, rig, { name, file, program, timeoutSeconds }) {
  const startedAt = Date.now();
  const command = file === undefined ? program : ['--enable-source-maps', file];
  const folder = join(root, 'dist/test-report');
  mkdirSync(folder, { recursive: true });
  // As it comes: a form runs for minutes, and whoever ends it wants to know how far it was.
  const copy = createWriteStream(join(folder, `long-${name}.log`));
  const { code, output, log } = await run(root, [rig, '--', process.execPath, ...command], timeoutSeconds, copy);
  copy.end();
  const failure = code === 0 ? undefined : `ended with ${code}`;
  const seconds = (Date.now() - startedAt) / 1000;
  if (file !== undefined) return { tests: await readTap(output, file, failure), figures: readFigures(output), seconds };
  const lines = output.trimEnd().split('\n').slice(-LAST_LINES);
  const problems = failure === undefined ? [] : [{ name: failure }, ...lines.map((line) => ({ name: line })), { name: log.slice(-3_000) }];
  const test = { file: program[0], name: program.join(' '), outcome: failure === undefined ? 'passed' : 'failed', problems };
  return { tests: [test], figures: lines.map((value) => ({ name, value })), seconds };
}

/** How much of a program's output is shown as what it measured. */
const LAST_LINES = 10;

/** Comments of the form `# figure: name: value`, as `test/support/long-form.ts` writes them. */
function readFigures(tap) {
  return [...tap.matchAll(/^\s*# figure: (.*?): (.*)$/gm)].map(([, name, value]) => ({ name, value }));
}

/** In a process group of its own, all of which ends with it. */
async function run(root, args, timeoutSeconds, copy) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, HECTOR_LONG: '1', TAP_TIMEOUT: String(timeoutSeconds) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    copy.write(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
    copy.write(text);
  });
  const stop = () => {
    killGroup(child);
    process.exit(130);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const limit = setTimeout(() => killGroup(child), timeoutSeconds * 1_000 + GRACE_MS);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  clearTimeout(limit);
  for (const signal of SIGNALS) process.off(signal, stop);
  killGroup(child);
  return { code, output, log };
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
