/**
 * A FIFO whose open write ends prove that somebody lives: the kernel closes them with the process, however it
 * dies, so the proof cannot go stale and needs no process id.
 */
import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

/** Creates the FIFOs that do not exist yet. */
export async function makeFifos(paths: readonly string[]): Promise<void> {
  const missing = paths.filter((path) => statSync(path, { throwIfNoEntry: false }) === undefined);
  if (missing.length > 0) await promisify(execFile)('mkfifo', ['-m', '600', ...missing]);
}

/** Whether any process holds the FIFO open for writing. Reading nothing is end of file only when none does. */
export function hasWriter(path: string): boolean {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readsWriter(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Opens for writing without waiting for a reader (opening for both never blocks). Close the descriptor to stop proving. */
export function holdOpen(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
}

/**
 * Calls `onEnd` once, later, when the last writer is gone; also when there is none now. The result stops watching.
 * The check after opening closes the race with a writer that left just before: such an end would never be signalled.
 */
export function watchWriters(path: string, onEnd: () => void): () => void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const alive = readsWriter(descriptor);
  let done = false;
  const finish = () => {
    if (done) return;
    done = true;
    onEnd();
  };
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  socket.on('error', finish);
  socket.on('close', finish);
  socket.resume();
  socket.unref();
  if (!alive) queueMicrotask(finish);
  return () => {
    done = true;
    socket.destroy();
  };
}

/** Takes out what nobody read, so that a later reader starts clean. */
export function drainFifo(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    while (readSync(descriptor, new Uint8Array(1_024)) > 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  } finally {
    closeSync(descriptor);
  }
}

function readsWriter(descriptor: number): boolean {
  try {
    return readSync(descriptor, new Uint8Array(1)) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return true;
    throw error;
  }
}
