import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../observe/log.js';

/** What every adapter gets beside its settings. */
export interface LanguageModelDependencies {
  /** Key in `llms`; error messages name `llms.<name>.…`. */
  readonly name: string;
  readonly log: Logger;
  readonly clock: Clock;
}
