/** What a test does to the append-only file of its Redis while that is down. */
import { readdir, rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import type { TempRedis } from './temp-redis.js';

export async function dropAppendOnlyFile(redis: TempRedis): Promise<void> {
  await rm(folderOf(redis), { recursive: true });
}

/** Bytes of the part that grows. */
export async function measureAppendOnlyFile(redis: TempRedis): Promise<number> {
  return (await stat(await growingFile(redis))).size;
}

/** Takes back what was appended since it had that size. */
export async function cutAppendOnlyFile(redis: TempRedis, size: number): Promise<void> {
  await truncate(await growingFile(redis), size);
}

async function growingFile(redis: TempRedis): Promise<string> {
  const folder = folderOf(redis);
  const name = (await readdir(folder))
    .filter((file) => file.endsWith('.incr.aof'))
    .sort()
    .at(-1);
  if (name === undefined) throw new Error(`no append-only file in ${folder}`);
  return path.join(folder, name);
}

function folderOf({ socketPath }: TempRedis): string {
  return path.join(path.dirname(socketPath), 'appendonlydir');
}
