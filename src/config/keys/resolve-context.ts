import type { Environment } from '../environment.js';

export interface ResolveContext {
  readonly environment: Environment;
  /** Absolute; relative paths in the configuration start here. */
  readonly workingDirectory: string;
  /** Absolute. */
  readonly stateDirectory: string;
}
