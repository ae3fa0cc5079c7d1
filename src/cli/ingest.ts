import { AppError } from '../base/errors.js';
import { findNearestName } from '../config/nearest-name.js';
import type { Settings } from '../config/settings.js';
import type { IngestMode } from '../knowledge/runs/ingest-run.js';
import type { Hector, Role } from '../runtime/hector.js';
import { type CliContext, type Command, type CommandInput, findTextFlag, isFlagSet } from './command.js';
import { planStores } from './ingest-plan.js';
import { IngestProgressView } from './ingest-progress.js';
import { watchStores } from './ingest-watch.js';
import { loadCommandSettings } from './load-command-settings.js';
import { runHector } from './run-hector.js';
import { INTERRUPTED } from './stop-signal.js';

/** None: where processes with the role `ingest` run, they do it, and this command follows; else it does it itself. */
const NO_ROLES: ReadonlySet<Role> = new Set();
const WATCHING_ROLES: ReadonlySet<Role> = new Set(['ingest']);

export const ingestCommand: Command = {
  name: 'ingest',
  summary: 'Read document stores into the index; only what changed is read again',
  usage: '[store…]',
  maxArguments: 1000,
  options: {
    store: { type: 'string', value: '<name>', description: 'A store, beside those named before; default: all of the configuration' },
    watch: { type: 'boolean', description: 'Stay, and index changes as they happen' },
    'dry-run': { type: 'boolean', description: 'Say what would be added, updated and removed; nothing is read, embedded or written' },
    force: { type: 'boolean', description: 'Embed everything anew, and empty a store whose source has become empty' },
    'retry-failed': { type: 'boolean', description: 'Try documents again that failed for good' },
  },
  examples: [
    'hector ingest',
    'hector ingest handbook tickets --config hector.yaml',
    'hector ingest --store handbook --dry-run',
    'hector ingest handbook --retry-failed',
    'hector ingest --watch',
  ],
  async run(input, context) {
    const mode = readMode(input);
    // Lines of the log would run into the progress line.
    const settings = await loadCommandSettings(input, context, { environment: { LOG_LEVEL: 'warn', ...context.environment } });
    const flag = findTextFlag(input, 'store');
    const names = checkStores(flag === undefined ? input.arguments : [...input.arguments, flag], settings);
    if (isFlagSet(input, 'dry-run')) {
      const all = names ?? Object.keys(settings.documentStores);
      return runHector(context, settings, NO_ROLES, (hector, signal) => planStores(hector, { names: all, mode }, context.terminal, signal));
    }
    if (!isFlagSet(input, 'watch'))
      return runHector(context, settings, NO_ROLES, (hector, signal) => ingest(hector, { names, mode }, context, signal));
    return runHector(context, watched(settings, names), WATCHING_ROLES, async (hector, signal) => {
      const code = await ingest(hector, { names, mode }, context, signal);
      return code === INTERRUPTED ? code : watchStores(hector, context.terminal, signal);
    });
  },
};

interface Wish {
  readonly names: readonly string[] | undefined;
  readonly mode: IngestMode | undefined;
}

async function ingest(hector: Hector, { names, mode }: Wish, { terminal }: CliContext, signal: AbortSignal): Promise<number> {
  const view = new IngestProgressView(terminal);
  try {
    const result = await hector.ingest(names, (progress) => view.update(progress), signal, mode);
    terminal.write(view.finish(result));
    for (const warning of result.warnings ?? []) terminal.writeError(`warning: ${warning}\n`);
    return result.failed > 0 ? 1 : 0;
  } catch (error) {
    view.clear();
    if (!signal.aborted) throw error;
    terminal.writeError('\nInterrupted; what is indexed so far stays, and the next run goes on from there.\n');
    return INTERRUPTED;
  }
}

function readMode(input: CommandInput): IngestMode | undefined {
  const force = isFlagSet(input, 'force');
  const retry = isFlagSet(input, 'retry-failed');
  if (force && retry)
    throw new AppError('CLI_USAGE', { message: '--force embeds everything anew, the failed documents too; leave --retry-failed out' });
  if (isFlagSet(input, 'dry-run') && isFlagSet(input, 'watch'))
    throw new AppError('CLI_USAGE', { message: '--dry-run changes nothing, so there is nothing to watch for; leave --watch out' });
  return force ? 'all' : retry ? 'retry' : undefined;
}

/** Only the stores that were named, each watched. */
function watched(settings: Settings, names: readonly string[] | undefined): Settings {
  const stores = Object.entries(settings.documentStores).filter(([name]) => names?.includes(name) ?? true);
  const documentStores = Object.fromEntries(stores.map(([name, store]) => [name, { ...store, watch: true }] as const));
  return { ...settings, documentStores };
}

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
  return names.length === 0 ? undefined : [...new Set(names)];
}
