import { spawn } from 'node:child_process';
import { readTap } from './read-tap.mjs';

/** After its own time limit a file has this long to say so itself before it is killed. */
const GRACE_MS = 10_000;
/** Processes that run now. In groups of their own, they hear no Ctrl-C: whoever is interrupted must end them. */
const running = new Set();

export function killRunning() {
  for (const child of running) killGroup(child);
}

/** After its end, what it started has this long to end too. */
const LEFTOVER_MS = 2_000;

/**
 * Runs one compiled test file in a process of its own, in its own process group.
 *
 * Not through tap's runner: after one file's timeout that loses the verdicts of others, and it loads a TypeScript
 * loader into every test, four times the cost of a small file. The files are ordinary tap tests either way.
 */
export async function runTestFile(root, file, timeoutSeconds, graceMs = GRACE_MS) {
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    cwd: root,
    env: { ...process.env, TAP_TIMEOUT: String(timeoutSeconds) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  let tap = '';
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    tap += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  const failure = await waitForEnd(child, timeoutSeconds, graceMs);
  running.delete(child);
  return { tap, log, tests: await readTap(tap, file, failure) };
}

/** Waits until the process and its output have ended; what is left over is killed. Returns what was wrong, if anything. */
async function waitForEnd(child, timeoutSeconds, graceMs) {
  let timedOut = false;
  const limit = setTimeout(
    () => {
      timedOut = true;
      killGroup(child);
    },
    timeoutSeconds * 1000 + graceMs,
  );
  const closed = new Promise((resolve) => child.once('close', () => resolve('closed')));
  const ended = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  clearTimeout(limit);
  let leftover;
  const isClosed = await Promise.race([
    closed,
    new Promise((resolve) => {
      leftover = setTimeout(resolve, LEFTOVER_MS);
    }),
  ]);
  clearTimeout(leftover);
  killGroup(child);
  if (timedOut) return `killed after ${timeoutSeconds} s`;
  if (ended !== 0) return typeof ended === 'number' ? `ended with exit code ${ended}` : `ended by ${ended}`;
  return isClosed ? undefined : 'left a process behind that holds its output';
}

function killGroup(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
