/**
 * One command in a shell of its own, with everything that it starts.
 *
 * Owns: the process group of the call, from its start until nothing of it is left. Does not own: whether the command may run.
 *
 * 1. The group ends with the call: at its end, at the time limit, when the signal aborts. First SIGTERM, then SIGKILL.
 * 2. It ends with this process, too, even by SIGKILL: `group-watcher.ts`. It begins when that knows of it: the shell waits for a line on
 *    a pipe, and a pipe that ends without one ends the shell.
 * 3. What left the group (Linux: a session of its own) is found by a mark in its environment, unless it cleared that, too.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { abortError } from '../../../../base/abort.js';
import type { Clock } from '../../../../base/clock.js';
import { AppError } from '../../../../base/errors.js';
import { findLeftBehind, MARK } from './find-left-behind.js';
import { watchGroup } from './group-watcher.js';

export interface RunShellOptions {
  readonly shell: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly maxMs: number;
  readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Buffer) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface ShellEnd {
  /** `null`: ended by a signal. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly isLate: boolean;
}

/** @throws the signal's reason when it aborts, once everything is ended */
export async function runShell(command: string, options: RunShellOptions): Promise<ShellEnd> {
  const { clock, signal, maxMs } = options;
  if (signal.aborted) throw abortError(signal);
  const mark = randomBytes(16).toString('hex');
  const child = spawn(options.shell, ['--noprofile', '--norc', '-c', GATE, options.shell, command], {
    cwd: options.folder,
    env: { ...options.environment, [MARK]: mark },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = new Promise<readonly [number | null, string | null]>((resolve) => {
    child.once('exit', (code, name) => resolve([code, name]));
  });
  await whenSpawned(child);
  const [, stdout, stderr, gate] = child.stdio as unknown as readonly [null, Readable, Readable, Writable];
  const group = child.pid as number;
  const stopWatching = await watchGroup(options.shell, group);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  stdout.on('data', (bytes: Buffer) => options.onOutput('stdout', bytes));
  stderr.on('data', (bytes: Buffer) => options.onOutput('stderr', bytes));
  let isLate = false;
  let stopForce = () => {};
  const stop = () => {
    killGroup(group, 'SIGTERM');
    stopForce();
    stopForce = clock.after(GRACE_MS, () => killGroup(group, 'SIGKILL'));
  };
  const stopTimer = clock.after(maxMs, () => {
    isLate = true;
    stop();
  });
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  // It has ended already.
  gate.on('error', () => {});
  gate.end('\n');
  try {
    const [exitCode, endSignal] = await ended;
    stopTimer();
    stopForce();
    // What it left behind holds the pipes open, and the machine.
    killGroup(group, 'SIGKILL');
    await killMarked(mark);
    await Promise.race([closed, clock.sleep(CLOSE_MS)]);
    if (signal.aborted) throw abortError(signal);
    return { exitCode, signal: endSignal, isLate };
  } finally {
    signal.removeEventListener('abort', stop);
    stdout.destroy();
    stderr.destroy();
    stopWatching();
  }
}

const GATE = 'read -r -u 3 && exec 3<&- && exec "$0" --noprofile --norc -O extglob -c "$1"';
/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 2_000;
/** What was written before the end is read within this time. */
const CLOSE_MS = 500;
const MAX_ROUNDS = 5;

function whenSpawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve());
    child.once('error', (cause) => reject(new AppError('TOOL_FAILED', { message: 'the shell cannot be started', cause })));
  });
}

function killGroup(group: number, name: 'SIGTERM' | 'SIGKILL'): void {
  killQuietly(-group, name);
}

async function killMarked(mark: string): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = await findLeftBehind(mark);
    if (found.length === 0) return;
    for (const pid of found) killQuietly(pid, 'SIGKILL');
  }
}

function killQuietly(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
