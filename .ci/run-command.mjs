import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Runs a program without a shell and without input.
 * Output is kept and returned; with `live` it goes straight to ours instead, and signals sent to us go to it.
 * Resolves also when the program fails or cannot be started (`code` 127): the caller decides what that means.
 */
export function runCommand(program, args, { cwd, env, live = false, onSilence, silenceMs = 30_000 } = {}) {
  return new Promise((resolve) => {
    const stdio = live ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'];
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio });
    let output = '';
    let interrupted = false;
    const forward = (signal) => {
      interrupted = true;
      child.kill(signal);
    };
    if (live) for (const signal of SIGNALS) process.on(signal, forward);
    const startedAt = Date.now();
    const ticker = onSilence && setInterval(() => onSilence(Math.round((Date.now() - startedAt) / 1000)), silenceMs);
    const end = (code, extra = '') => {
      clearInterval(ticker);
      for (const signal of SIGNALS) process.off(signal, forward);
      resolve({ code, output: output + extra, interrupted });
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.once('error', (error) => end(127, `${error.message}\n`));
    child.once('close', (code, signal) => end(code ?? 1, signal ? `ended by ${signal}\n` : ''));
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM'];

/** Where a program is, looking through PATH and then the folders where distributions hide servers. */
export function findProgram(name, moreFolders = []) {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...moreFolders]) {
    if (folder === '') continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // not in this folder: look on
    }
  }
  return undefined;
}

/** A failure whose message already says what to do: printed without a stack. */
export class SetupError extends Error {}
