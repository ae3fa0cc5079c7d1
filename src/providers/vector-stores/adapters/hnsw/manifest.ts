/** What of a collection is on disk: the one file that makes others count. Written beside, synced, renamed; a reader sees a whole one. */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { SegmentSettings } from '../../../../config/settings.js';
import type { IndexPosition } from '../../../../threads/messages.js';
import { syncPath } from './file-sync.js';
import type { SegmentFiles } from './segment.js';

export interface Manifest {
  readonly format: number;
  readonly collection: string;
  /** What graphs are built by. */
  readonly built: Pick<SegmentSettings, 'engine' | 'm' | 'efConstruction' | 'quantization'>;
  readonly dimension: number;
  readonly position: IndexPosition;
  readonly segments: readonly SegmentRecord[];
}

export interface SegmentRecord extends SegmentFiles {
  readonly kind: 'flat' | 'graph';
  /** A bit per entry, set for the dead; base64. */
  readonly dead: string;
}

/** `undefined` = there is none. @throws Error saying why it cannot be used */
export async function readManifest(path: string): Promise<Manifest | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const body = text.slice(text.indexOf('\n') + 1);
  if (`${crc32(body)}\n` !== text.slice(0, -body.length)) throw new Error('the checksum of its manifest does not fit');
  const manifest = JSON.parse(body) as Manifest;
  if (manifest.format !== FORMAT) throw new Error('it is of another format');
  return manifest;
}

export async function writeManifest(
  directory: string,
  names: { readonly manifest: string; readonly temporary: string },
  manifest: Omit<Manifest, 'format'>,
): Promise<void> {
  const temporary = join(directory, `${names.temporary}.tmp`);
  const text = JSON.stringify({ format: FORMAT, ...manifest } satisfies Manifest);
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(`${crc32(text)}\n${text}`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(directory, names.manifest));
    await syncPath(directory);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Raised when anything is stored in another way; snapshots of another format are dropped and built anew. */
const FORMAT = 3;
