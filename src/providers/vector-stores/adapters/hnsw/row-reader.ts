/** float32 rows in a file, read where they are wanted: neither searching nor building keeps a second copy of them in memory. */
import { readSync } from 'node:fs';

export class RowReader {
  readonly #descriptor: number;
  readonly #layout: { readonly offset: number; readonly stride: number };
  readonly #dimension: number;
  readonly #run: Uint8Array;

  /** The descriptor stays the caller's. */
  constructor(descriptor: number, layout: { readonly offset: number; readonly stride: number }, dimension: number) {
    this.#descriptor = descriptor;
    this.#layout = layout;
    this.#dimension = dimension;
    this.#run = new Uint8Array(RUN_ROWS * layout.stride);
  }

  /** Valid until the next call. @throws Error when the file ends before */
  row(index: number): Float32Array {
    this.#read(index, 1);
    return new Float32Array(this.#run.buffer, 0, this.#dimension);
  }

  /** Rows `first … first + count - 1`, in runs; each is valid until the next. */
  *rows(first: number, count: number): Generator<Float32Array> {
    for (let at = first; at < first + count; ) {
      const run = Math.min(RUN_ROWS, first + count - at);
      this.#read(at, run);
      for (let index = 0; index < run; index++) yield new Float32Array(this.#run.buffer, index * this.#layout.stride, this.#dimension);
      at += run;
    }
  }

  #read(first: number, count: number): void {
    const { offset, stride } = this.#layout;
    // The last row may lack what stands between two rows.
    const wanted = (count - 1) * stride + this.#dimension * 4;
    for (let done = 0; done < wanted; ) {
      const read = readSync(this.#descriptor, this.#run, done, wanted - done, offset + first * stride + done);
      if (read === 0) throw new Error(`a file of vectors ends before row ${first + count}`);
      done += read;
    }
  }
}

export function innerProduct(a: Float32Array, b: Float32Array): number {
  // Four sums at once: one alone waits for itself.
  let [first, second, third, fourth] = [0, 0, 0, 0];
  const whole = a.length - (a.length % 4);
  for (let at = 0; at < whole; at += 4) {
    first += (a[at] as number) * (b[at] as number);
    second += (a[at + 1] as number) * (b[at + 1] as number);
    third += (a[at + 2] as number) * (b[at + 2] as number);
    fourth += (a[at + 3] as number) * (b[at + 3] as number);
  }
  for (let at = whole; at < a.length; at++) first += (a[at] as number) * (b[at] as number);
  return first + second + third + fourth;
}

/** Rows read at once. */
const RUN_ROWS = 64;
