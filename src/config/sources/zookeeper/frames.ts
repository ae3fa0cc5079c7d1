/** Cuts what comes from a socket into messages. A longer one than allowed is refused. */
export function createFrameReader(maxBytes: number, onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let held = 0;
  return (chunk) => {
    parts.push(chunk);
    held += chunk.length;
    while (held >= LENGTH_BYTES) {
      const all = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, held);
      parts = [all];
      const length = all.readInt32BE(0);
      if (length < 0 || length > maxBytes) throw new RangeError(`a message of ${length} bytes, which ZooKeeper does not send here`);
      if (held < LENGTH_BYTES + length) return;
      parts = [all.subarray(LENGTH_BYTES + length)];
      held -= LENGTH_BYTES + length;
      onFrame(all.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
    }
  };
}

const LENGTH_BYTES = 4;
