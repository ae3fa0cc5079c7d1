/** How large a value is as JSON, told without writing it out where that can be helped. */

/** Whether `value`, which is JSON, takes more than `maxBytes` bytes. */
export function exceedsJsonBytes(value: unknown, maxBytes: number): boolean {
  // No character takes more than six: what is far below the limit is not written out to learn so.
  return countUpTo(value, maxBytes, 6) > maxBytes && Buffer.byteLength(JSON.stringify(value) ?? '') > maxBytes;
}

/**
 * Whether `value`, which may be anything, would certainly take more than `maxBytes` bytes as JSON with bytes as base64. Ends also where the
 * value holds itself.
 */
export function surelyExceedsJsonBytes(value: unknown, maxBytes: number): boolean {
  return countUpTo(value, maxBytes, 1) > maxBytes;
}

/** Stops when it is known to be more. */
function countUpTo(value: unknown, maxBytes: number, bytesPerCharacter: number): number {
  let bytes = 0;
  // What is there twice may be there because it holds itself: that is for whoever writes it out to say.
  const seen = new Set<object>();
  const isKnown = (next: object): boolean => {
    const known = seen.size;
    return bytesPerCharacter === 1 && seen.add(next).size === known;
  };
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && bytes <= maxBytes) {
    const next = waiting.pop();
    if (typeof next === 'string') bytes += next.length * bytesPerCharacter + 2;
    else if (typeof next !== 'object' || next === null) bytes += bytesPerCharacter === 1 ? 1 : 24;
    else if (isKnown(next)) continue;
    else if (ArrayBuffer.isView(next)) bytes += (next.byteLength * 4) / 3;
    else if (Array.isArray(next)) {
      bytes += 2 + next.length;
      if (bytes <= maxBytes) for (const member of next) waiting.push(member);
    } else {
      const entries = Object.entries(next);
      bytes += 2;
      for (const [name, member] of entries) {
        // What is left out as JSON counts nothing.
        if (member === undefined || typeof member === 'function') continue;
        bytes += name.length * bytesPerCharacter + 4;
        waiting.push(member);
      }
    }
  }
  return bytes;
}
