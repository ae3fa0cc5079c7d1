/**
 * Replaces a file that still holds what its writer read, so that of several writers none loses a text unnoticed: processes of ours, and
 * editors, which know no lock.
 *
 * Owns: the second name of the file, `.<name>.replaced`, while it is replaced. Whoever cannot make it is not alone.
 */
import { linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { faultPoint } from '../../base/fault-points.js';
import { syncFolder, writeBeside } from './write-file-whole.js';

/**
 * As a whole or not at all. False: somebody else has changed it, or is doing so; their text stands there.
 * @param isExpected what is there may be replaced; asked of the file, and of its second name
 * @throws what the file system and `isExpected` throw
 */
export function replaceFile(file: string, text: string, isExpected: (file: string) => boolean): boolean {
  const folder = dirname(file);
  const temporary = writeBeside(file, text);
  const second = join(folder, `.${basename(file)}.replaced`);
  let hasSecond = false;
  try {
    const held = holdSecondName(file, second);
    if (held === 'taken') return false;
    hasSecond = held === 'held';
    if (!isExpected(file) || (hasSecond && !isSame(file, second))) return false;
    void faultPoint('config.checked');
    // Whoever put another file in its place meanwhile: what is looked at and what is replaced are two calls apart.
    if (hasSecond && !isSame(file, second)) return false;
    renameSync(temporary, file);
    void faultPoint('config.replaced');
    syncFolder(folder);
    // Somebody who wrote into the file that was there: their text has its second name alone by now.
    if (hasSecond && !isExpected(second)) {
      renameSync(second, file);
      syncFolder(folder);
      return false;
    }
    return true;
  } finally {
    rmSync(temporary, { force: true });
    if (hasSecond) rmSync(second, { force: true });
  }
}

function holdSecondName(file: string, second: string): 'held' | 'taken' | 'unavailable' {
  try {
    linkSync(file, second);
    return 'held';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') return 'unavailable';
  }
  const other = statSync(second, { throwIfNoEntry: false });
  // Left behind by a process that died meanwhile; its time is that of its making.
  if (other !== undefined && Date.now() - other.ctimeMs < ABANDONED_MS) return 'taken';
  rmSync(second, { force: true });
  return holdSecondName(file, second);
}

function isSame(file: string, second: string): boolean {
  const [one, other] = [file, second].map((name) => statSync(name, { throwIfNoEntry: false }));
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

/** Replacing takes milliseconds. */
const ABANDONED_MS = 30_000;
