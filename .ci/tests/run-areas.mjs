// Runs tap over the planned test files, area by area, and writes what happened to `dist/test-report/results.json`.
// A process of its own, so that the servers the tests need can be started around it once.
import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { readTap } from './read-tap.mjs';

/** How much of what the tests wrote to stderr is kept for the report. */
const LOG_TAIL = 4_000;

const [root] = process.argv.slice(2);
const folder = join(root, 'dist/test-report');
const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'));
const results = [];

for (const area of plan) {
  const startedAt = Date.now();
  const { files, tests, log } = await runArea(area);
  const seconds = (Date.now() - startedAt) / 1000;
  results.push({ area: area.name, files, tests, seconds, log });
  printArea(area.name, files, tests, seconds);
}
writeFileSync(join(folder, 'results.json'), JSON.stringify(results));

async function runArea({ name, files, jobs, timeoutSeconds }) {
  const flags = ['--disable-coverage', '--allow-empty-coverage', '--reporter=tap', `--jobs=${jobs}`, `--timeout=${timeoutSeconds}`];
  const child = spawn(join(root, 'node_modules/.bin/tap'), [...flags, ...files], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(createWriteStream(join(folder, `${name}.tap`)));
  child.stderr.pipe(createWriteStream(join(folder, `${name}.log`)));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log = (log + text).slice(-LOG_TAIL);
  });
  const tap = child.stdout.pipe(new PassThrough());
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const read = await readTap(tap);
  const code = await ended;
  const hasFailed = read.tests.some((test) => test.outcome === 'failed');
  if (code !== 0 && !hasFailed) read.tests.push(failure(`tap ended with ${code} although no test failed`));
  if (read.files !== files.length) read.tests.push(failure(`${files.length} test files were asked for, ${read.files} reported`));
  return { ...read, log };
}

function failure(text) {
  return { file: '', name: 'test run', outcome: 'failed', problems: [{ name: text }] };
}

function printArea(name, files, tests, seconds) {
  const count = (outcome) => tests.filter((test) => test.outcome === outcome).length;
  const parts = [`${count('passed')} passed`];
  if (count('failed') > 0) parts.push(`${count('failed')} FAILED`);
  if (count('skipped') > 0) parts.push(`${count('skipped')} skipped`);
  const label = `${files} ${files === 1 ? 'file' : 'files'}`;
  console.log(`${name.padEnd(9)} ${label.padStart(9)}  ${parts.join(', ').padEnd(36)} ${seconds.toFixed(1).padStart(6)} s`);
}
