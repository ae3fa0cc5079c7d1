/**
 * One file of a sealed segment: stored, perhaps gzipped, under a name that never means anything else, and held open plain.
 *
 * 1. A file is written whole and synced before anything names it; only a manifest makes it count.
 * 2. Whoever else shares the folder may remove a file that its own manifest does not name: `ensure` brings it back from what is held.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { IndexFile } from '../../../../threads/messages.js';
import { plainNameOf } from './file-names.js';
import { blocksOf, checksumOf, syncPath } from './file-sync.js';

export class SegmentFile {
  readonly record: IndexFile;
  readonly #directory: string;
  readonly #plain: FileHandle;

  private constructor(directory: string, record: IndexFile, plain: FileHandle) {
    this.#directory = directory;
    this.record = record;
    this.#plain = plain;
  }

  /** `use` gets the path of the plain file, which is gone afterwards when the stored one is compressed. */
  static async open(
    directory: string,
    record: IndexFile,
    use: (plainPath: string) => Promise<void> = async () => {},
  ): Promise<SegmentFile> {
    return await withPlainFile(directory, record, async (path) => {
      const plain = await open(path, 'r');
      try {
        await use(path);
        return new SegmentFile(directory, record, plain);
      } catch (error) {
        await plain.close();
        throw error;
      }
    });
  }

  get descriptor(): number {
    return this.#plain.fd;
  }

  /** The stored file is there, and young. */
  async ensure(): Promise<void> {
    const path = join(this.#directory, this.record.name);
    const now = new Date();
    try {
      await utimes(path, now, now);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await storeBlocks(path, blocksOf(this.#plain), this.record.isCompressed);
    }
  }

  async close(): Promise<void> {
    await this.#plain.close();
  }
}

/** Writes and syncs a file; gives its record. */
export async function storeFile(
  directory: string,
  name: string,
  blocks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  isCompressed: boolean,
): Promise<IndexFile> {
  const stored = isCompressed ? `${name}.gz` : name;
  const path = join(directory, stored);
  await storeBlocks(path, blocks, isCompressed);
  return { name: stored, ...(await checksumOf(path)), isCompressed };
}

/** Makes a written plain file what is stored: synced, or replaced by its gzipped copy. */
export async function storeWritten(directory: string, name: string, isCompressed: boolean): Promise<IndexFile> {
  const path = join(directory, name);
  if (isCompressed) {
    const record = await storeFile(directory, name, createReadStream(path), true);
    await rm(path);
    return record;
  }
  await syncPath(path);
  return { name, ...(await checksumOf(path)), isCompressed };
}

/** @throws Error when the file is not the one that was stored */
export async function verifyFile(directory: string, record: IndexFile): Promise<void> {
  const path = join(directory, record.name);
  if ((await stat(path)).size !== record.bytes || (await checksumOf(path)).checksum !== record.checksum)
    throw new Error(`the checksum of ${record.name} does not fit`);
}

export async function withPlainFile<T>(directory: string, record: IndexFile, use: (path: string) => Promise<T>): Promise<T> {
  const path = join(directory, record.name);
  if (!record.isCompressed) return await use(path);
  const plain = join(directory, plainNameOf(record.name));
  try {
    await pipeline(createReadStream(path), createGunzip(), createWriteStream(plain));
    return await use(plain);
  } finally {
    await rm(plain, { force: true });
  }
}

async function storeBlocks(path: string, blocks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, isCompressed: boolean): Promise<void> {
  const source = Readable.from(blocks, { objectMode: false });
  const target = createWriteStream(path);
  if (isCompressed) await pipeline(source, createGzip({ level: GZIP_LEVEL }), target);
  else await pipeline(source, target);
  await syncPath(path);
}

/** Numbers hardly shrink, links and texts do at once. */
const GZIP_LEVEL = 1;
