/** What every file of the index is written and checked with. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function checksumOf(path: string): Promise<{ readonly bytes: number; readonly checksum: number }> {
  let checksum = 0;
  let bytes = 0;
  for await (const block of createReadStream(path, { highWaterMark: BLOCK_BYTES }) as AsyncIterable<Buffer>) {
    checksum = crc32(block, checksum);
    bytes += block.length;
  }
  return { bytes, checksum };
}

/** All of an open file, block by block, wherever its position is. */
export async function* blocksOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, at);
    if (bytesRead === 0) return;
    yield block.subarray(0, bytesRead);
    at += bytesRead;
  }
}

const BLOCK_BYTES = 1 << 19;
