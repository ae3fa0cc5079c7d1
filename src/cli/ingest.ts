import { AppError } from '../base/errors.js';
import { findNearestName } from '../config/nearest-name.js';
import type { Settings } from '../config/settings.js';
import type { Role } from '../runtime/hector.js';
import type { Command } from './command.js';
import { IngestProgressView } from './ingest-progress.js';
import { loadCommandSettings } from './load-command-settings.js';
import { runHector } from './run-hector.js';
import { INTERRUPTED } from './stop-signal.js';

/** None: the role `ingest` would read the stores in the background and take the counting away from this command. */
const NO_ROLES: ReadonlySet<Role> = new Set();

export const ingestCommand: Command = {
  name: 'ingest',
  summary: 'Read document stores into the index; only what changed is read again',
  usage: '[store…]',
  maxArguments: 1000,
  options: {},
  examples: ['hector ingest', 'hector ingest handbook', 'hector ingest handbook tickets --config hector.yaml'],
  async run(input, context) {
    // Lines of the log would run into the progress line.
    const settings = loadCommandSettings(input, context, { environment: { LOG_LEVEL: 'warn', ...context.environment } });
    const names = checkStores(input.arguments, settings);
    return runHector(context, settings, NO_ROLES, async (hector, signal) => {
      const view = new IngestProgressView(context.terminal);
      try {
        const result = await hector.ingest(names, (progress) => view.update(progress), signal);
        context.terminal.write(view.finish(result));
        return result.failed > 0 ? 1 : 0;
      } catch (error) {
        if (!signal.aborted) throw error;
        context.terminal.writeError('\nInterrupted; what is indexed so far stays, and the next run goes on from there.\n');
        return INTERRUPTED;
      }
    });
  },
};

function checkStores(names: readonly string[], settings: Settings): readonly string[] | undefined {
  const known = Object.keys(settings.documentStores);
  if (known.length === 0)
    throw new AppError('DOCUMENT_STORE_NOT_FOUND', {
      message: 'the configuration has no document_stores; add one with source: { type: directory, path: ./docs }',
    });
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = findNearestName(name, known);
    throw new AppError('DOCUMENT_STORE_NOT_FOUND', {
      message: `there is no document store '${name}'; ${near === undefined ? `there are ${known.join(', ')}` : `did you mean '${near}'?`}`,
    });
  }
  return names.length === 0 ? undefined : names;
}
