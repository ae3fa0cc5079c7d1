import { randomFillSync } from 'node:crypto';

const pool = new Uint8Array(16 * 256);
let poolOffset = pool.length;
let fillRandom: (bytes: Uint8Array) => void = randomFillSync;

/** For histories that must repeat exactly: ids are made of what `fill` gives, until the result is called. */
export function replaceIdRandomness(fill: (bytes: Uint8Array) => void): () => void {
  fillRandom = fill;
  poolOffset = pool.length;
  return () => {
    fillRandom = randomFillSync;
    poolOffset = pool.length;
  };
}

/**
 * A new UUID, version 7 (RFC 9562 §5.7): 48 bits of milliseconds, then random bits.
 * Time-ordered, so rows keyed by it are appended rather than scattered.
 */
export function newId(nowMs: number = Date.now()): string {
  if (poolOffset >= pool.length) {
    fillRandom(pool);
    poolOffset = 0;
  }
  const bytes = Buffer.from(pool.subarray(poolOffset, poolOffset + 16));
  poolOffset += 16;
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
