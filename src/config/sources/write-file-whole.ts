import { randomUUID } from 'node:crypto';
import { closeSync, constants, fchmodSync, fstatSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Replaces a file as a whole: whoever reads it sees the old text or the new one, also when this process or the machine dies meanwhile.
 * A file that is there keeps its permissions. @throws what the file system throws
 */
export function writeFileWhole(file: string, text: string, mode = NEW_FILE_MODE): void {
  const temporary = writeBeside(file, text, mode);
  try {
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(file));
}

/** The text on the disk under another name in the same folder (no number of a process: containers on one volume all have the same), with the permissions of `file` where that is there. */
export function writeBeside(file: string, text: string, mode = NEW_FILE_MODE): string {
  const temporary = join(dirname(file), `.${randomUUID()}.config.tmp`);
  const own = statSync(file, { throwIfNoEntry: false });
  const descriptor = openSync(temporary, 'wx', mode);
  try {
    if (own !== undefined) keepMode(descriptor, own.mode & 0o777);
    writeAll(descriptor, Buffer.from(text));
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return temporary;
}

/** A rename in it is on the disk then. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } catch {
    // Some file systems have nothing to sync of a folder.
  } finally {
    closeSync(descriptor);
  }
}

/** Not by opening it so: this process's umask would take bits away. Where files have one mode all, nothing needs to be asked. */
function keepMode(descriptor: number, mode: number): void {
  if ((fstatSync(descriptor).mode & 0o777) !== mode) fchmodSync(descriptor, mode);
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
}

/** CLI-48 */
const NEW_FILE_MODE = 0o600;
