/**
 * An exclusive lock on a folder that ends with its holder, also by SIGKILL: `flock` on an open file. The kernel keeps
 * it on the open file, not on the process that asked for it, so a short-lived `flock` command can take it on
 * our descriptor. Nothing is ever stale, so nothing is ever stolen.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';

/** Waits for the lock; the result releases it. */
export async function lockFile(path: string, clock: Clock, signal: AbortSignal): Promise<() => void> {
  const descriptor =
    process.platform === 'darwin' ? await openLocked(path, clock, signal) : openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    if (process.platform !== 'darwin') await runFlock(descriptor, signal);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return () => closeSync(descriptor);
}

function runFlock(descriptor: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['-x', '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor], signal });
    child.on('error', (cause) => {
      const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      reject(missing ? new AppError('REDIS_UNAVAILABLE', { message: FLOCK_MISSING, cause }) : cause);
    });
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new AppError('STATE_FOLDER_UNUSABLE', {
            message: `The state folder's file system does not support file locks (flock ended with ${code})`,
          }),
        );
    });
  });
}

/** macOS has no `flock` command, but its `open` takes the lock itself. */
async function openLocked(path: string, clock: Clock, signal: AbortSignal): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | DARWIN_O_EXLOCK, 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    await clock.sleep(20, signal);
  }
}

const DARWIN_O_EXLOCK = 0x20;
const FLOCK_MISSING =
  'The embedded Redis needs the `flock` command to be shared safely; install it (Debian: `apt-get install util-linux`) or set `redis.url` to a Redis of your own';
