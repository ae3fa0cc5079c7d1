/** Stand-in until the system is composed: the commands compile against its one export. */
import type { StartHector } from './cli/hector-port.js';

export const startHector: StartHector = async () => {
  throw new Error('compose.ts is a stand-in; the running system is not part of this build');
};
