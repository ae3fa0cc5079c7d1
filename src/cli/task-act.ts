import type { ServerAddress } from './act-on-server.js';
import type { Terminal } from './terminal.js';

/** One call of `hector tasks`. */
export interface TaskAct {
  readonly server: ServerAddress;
  /** '' where the verb wants none. */
  readonly taskId: string;
  /** '' where the verb wants none. */
  readonly callId: string;
  readonly json: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Value of a flag, if it was given. */
  readonly flag: (name: string) => string | undefined;
}
