/** The encoding of ZooKeeper's messages: big-endian numbers, and bytes behind their length. */

export type JuteField = { readonly int: number } | { readonly long: bigint } | { readonly bytes: Buffer } | { readonly bool: boolean };

export const int = (value: number): JuteField => ({ int: value });
export const long = (value: bigint): JuteField => ({ long: value });
export const bytes = (value: Buffer | string): JuteField => ({ bytes: Buffer.from(value) });
export const bool = (value: boolean): JuteField => ({ bool: value });

/** A message with its length before it. */
export function encodeFrame(fields: readonly JuteField[]): Buffer {
  const body = Buffer.concat(fields.map(encode));
  return Buffer.concat([encode(int(body.length)), body]);
}

function encode(field: JuteField): Buffer {
  if ('bool' in field) return Buffer.from([field.bool ? 1 : 0]);
  const head = Buffer.alloc('long' in field ? 8 : 4);
  if ('long' in field) head.writeBigInt64BE(field.long);
  else head.writeInt32BE('int' in field ? field.int : field.bytes.length);
  return 'bytes' in field ? Buffer.concat([head, field.bytes]) : head;
}

/** Reads fields one after the other. @throws RangeError when a message ends too early */
export class JuteReader {
  readonly #buffer: Buffer;
  #offset = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  int(): number {
    return this.#buffer.readInt32BE(this.#advance(4));
  }

  long(): bigint {
    return this.#buffer.readBigInt64BE(this.#advance(8));
  }

  /** -1 stands for none. */
  bytes(): Buffer {
    const length = Math.max(0, this.int());
    if (length > this.#buffer.length - this.#offset) throw new RangeError('a message of ZooKeeper ends too early');
    const start = this.#advance(length);
    return this.#buffer.subarray(start, start + length);
  }

  #advance(length: number): number {
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}
