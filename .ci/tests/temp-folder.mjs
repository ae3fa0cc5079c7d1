import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux keeps files in memory. */
const MEMORY = '/dev/shm';
/** What the databases of a whole run may need at once, twice over. */
const ENOUGH_BYTES = 4 * 1024 ** 3;

/**
 * Lets tests and their servers write into memory where there is room for it: what they prove does not hang on a disk, and making
 * a database takes a third of the time. A `TMPDIR` that is set stays. Returns what undoes it.
 */
export function useMemoryForTemporaryFiles() {
  if (process.env.TMPDIR !== undefined || !hasRoom()) return () => {};
  const folder = mkdtempSync(join(MEMORY, 'hector-test-'));
  chmodSync(folder, 0o1777); // As /tmp is: database servers have users of their own.
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

function hasRoom() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ENOUGH_BYTES;
  } catch {
    return false; // Not on Linux, or not mounted.
  }
}
