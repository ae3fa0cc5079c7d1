/** Vectors one after another in shared memory, looked at one and all: what a growing segment is searched by. Append-only. */
import { createKernelMemory, createScanKernel, KERNEL_BLOCK_BYTES, type KernelMemory, PAGE_BYTES, type ScanKernel } from './scan-kernel.js';

export class FlatRows {
  readonly dimension: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Of the first row in `buffer`. */
  readonly offset: number;
  readonly #memory: KernelMemory;
  readonly #scan: ScanKernel;
  readonly #scoresAt: number;
  #count = 0;

  /** Memory is taken as rows come, up to `capacity` of them. */
  constructor(dimension: number, capacity: number) {
    this.dimension = dimension;
    this.stride = Math.ceil((dimension * 4) / KERNEL_BLOCK_BYTES) * KERNEL_BLOCK_BYTES;
    // The query, the scores, the rows.
    this.#scoresAt = this.stride;
    this.offset = Math.ceil((this.stride + capacity * 4) / KERNEL_BLOCK_BYTES) * KERNEL_BLOCK_BYTES;
    this.#memory = createKernelMemory(Math.ceil((this.offset + capacity * this.stride) / PAGE_BYTES) + 1);
    this.#scan = createScanKernel(this.#memory);
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#memory.buffer.byteLength;
  }

  get buffer(): SharedArrayBuffer {
    return this.#memory.buffer;
  }

  append(vector: Float32Array): void {
    const at = this.offset + this.#count * this.stride;
    const missing = at + this.stride - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    new Float32Array(this.#memory.buffer, at, this.dimension).set(vector);
    this.#count += 1;
  }

  row(index: number): Float32Array {
    return new Float32Array(this.#memory.buffer, this.offset + index * this.stride, this.dimension);
  }

  /** Inner products with all rows, by row; valid until the next scan. */
  scores(query: Float32Array): Float32Array {
    const needed = this.offset - this.#memory.buffer.byteLength;
    if (needed > 0) this.#memory.grow(Math.ceil(needed / PAGE_BYTES));
    new Float32Array(this.#memory.buffer, 0, this.dimension).set(query);
    this.#scan(0, this.offset, this.#count, this.stride, this.#scoresAt);
    return new Float32Array(this.#memory.buffer, this.#scoresAt, this.#count);
  }
}
