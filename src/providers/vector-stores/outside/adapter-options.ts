import type { Clock } from '../../../base/clock.js';
import type { VectorServiceSettings } from '../../../config/settings.js';
import type { Logger } from '../../../observe/log.js';

export interface AdapterOptions {
  /** `vector_stores.<name>` */
  readonly key: string;
  readonly settings: VectorServiceSettings;
  readonly clock: Clock;
  readonly log: Logger;
}
