import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../observe/log.js';
import type { TextThreads } from '../../threads/pools.js';
import type { EmbeddingStore } from './embedding-store.js';
import type { Pace } from './pace.js';

export interface EmbedderDependencies {
  /** Key in `embedders`; error messages name `embedders.<name>.…`. */
  readonly name: string;
  /** For the built-in embedder. */
  readonly textThreads: Pick<TextThreads, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shared by all processes that ask the same service. Default: this process alone. */
  readonly pace?: Pace;
  /** Vectors computed before. Default: nothing is kept. */
  readonly store?: EmbeddingStore;
}
