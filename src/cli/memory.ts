import { AppError } from '../base/errors.js';
import { findNearestName } from '../config/nearest-name.js';
import type { Role } from '../runtime/hector.js';
import type { Command } from './command.js';
import { loadCommandSettings } from './load-command-settings.js';
import { runHector } from './run-hector.js';
import { INTERRUPTED } from './stop-signal.js';

/** None: the role `keeper` would index beside this command and take the counting away from it. */
const NO_ROLES: ReadonlySet<Role> = new Set();

/** MEM-03 */
export const memoryCommand: Command = {
  name: 'memory',
  summary: 'Make the index of what was said in sessions anew',
  usage: 'rebuild',
  maxArguments: 1,
  options: {},
  examples: ['hector memory rebuild', 'hector memory rebuild --config hector.yaml'],
  async run(input, context) {
    const [verb = ''] = input.arguments;
    if (verb !== 'rebuild') {
      const isNear = findNearestName(verb, ['rebuild']) !== undefined;
      const wanted = isNear && verb !== '' ? "did you mean 'rebuild'?" : 'memory wants rebuild';
      throw new AppError('CLI_USAGE', { message: verb === '' ? wanted : `memory knows no '${verb}'; ${wanted}` });
    }
    const settings = await loadCommandSettings(input, context, { environment: { LOG_LEVEL: 'warn', ...context.environment } });
    return runHector(context, settings, NO_ROLES, async (hector, signal) => {
      const messages = await hector.rebuildMemory(signal);
      if (signal.aborted) {
        context.terminal.writeError('Interrupted; the keeper of a running server, or the next rebuild, goes on from here.\n');
        return INTERRUPTED;
      }
      context.terminal.write(`rebuilt: ${messages} messages were read, by ${settings.storage.memory.embedder ?? 'their words'}\n`);
      return 0;
    });
  },
};
