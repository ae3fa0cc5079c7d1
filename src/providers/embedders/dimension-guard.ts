/**
 * Every vector of one embedder has one length: the configured or known one, else the one that was seen first by any process (`dimension: auto`).
 *
 * Owns: what this process knows of that length. Does not own: what was seen first (the store has it).
 */
import { AppError } from '../../base/errors.js';
import type { EmbeddingStore } from './embedding-store.js';
import type { VectorLength } from './known-models.js';

export interface DimensionGuardOptions {
  /** `embedders.<name>` */
  readonly key: string;
  readonly host: string;
  readonly length: VectorLength;
  readonly fingerprint: string;
  readonly store: EmbeddingStore | undefined;
}

export class DimensionGuard {
  readonly #options: DimensionGuardOptions;
  #seen: number | undefined;

  constructor(options: DimensionGuardOptions) {
    this.#options = options;
  }

  /** @throws AppError `EMBEDDER_DIMENSION`: nothing of this answer may be used. */
  async check(dimension: number): Promise<void> {
    const { key, host, length, fingerprint, store } = this.#options;
    if (length.expected !== undefined) {
      if (dimension === length.expected) return;
      throw new AppError('EMBEDDER_DIMENSION', {
        message: `${host} gave vectors of ${dimension} numbers; ${length.reason} ${length.expected}. Set ${key}.dimension to ${dimension}, or check ${key}.model and ${key}.output_dimension`,
      });
    }
    this.#seen ??= (await store?.learnDimension(fingerprint, dimension)) ?? dimension;
    if (dimension === this.#seen) return;
    throw new AppError('EMBEDDER_DIMENSION', {
      message: `${host} gave vectors of ${dimension} numbers; ${key}.dimension is auto, and its vectors had ${this.#seen} so far: there is another model behind its name. Set ${key}.dimension to ${dimension} to index everything anew`,
    });
  }
}
