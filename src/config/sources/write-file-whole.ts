import { closeSync, constants, fchmodSync, fstatSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Replaces a file as a whole: whoever reads it sees the old text or the new one, also when this process or the machine dies meanwhile.
 * A file that is there keeps its permissions. @throws what the file system throws
 */
export function writeFileWhole(file: string, text: string, mode = NEW_FILE_MODE): void {
  const folder = dirname(file);
  const temporary = join(folder, `.${process.pid}.${Date.now()}.config.tmp`);
  const own = statSync(file, { throwIfNoEntry: false });
  const descriptor = openSync(temporary, 'wx', mode);
  try {
    try {
      if (own !== undefined) keepMode(descriptor, own.mode & 0o777);
      writeAll(descriptor, Buffer.from(text));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(folder);
}

/** Not by opening it so: this process's umask would take bits away. Where files have one mode all, nothing needs to be asked. */
function keepMode(descriptor: number, mode: number): void {
  if ((fstatSync(descriptor).mode & 0o777) !== mode) fchmodSync(descriptor, mode);
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
}

/** The rename itself is on the disk then. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } catch {
    // Some file systems have nothing to sync of a folder.
  } finally {
    closeSync(descriptor);
  }
}

/** CLI-48 */
const NEW_FILE_MODE = 0o600;
