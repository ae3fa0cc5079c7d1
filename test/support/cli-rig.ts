import { join } from 'node:path';
import type { Test } from 'tap';
import type { CliContext, InspectStores } from '../../src/cli/command.js';
import { runCli } from '../../src/cli/run-cli.js';
import type { Settings } from '../../src/config/settings.js';
import type { Hector, StartHector } from '../../src/runtime/hector.js';
import { recordedTerminal } from './recorded-terminal.js';

export interface CliRig {
  readonly files?: Record<string, string | Record<string, string>>;
  readonly environment?: Record<string, string>;
  readonly start?: StartHector;
  /** Default: Redis and databases are fine. */
  readonly inspect?: InspectStores;
  readonly isWatched?: boolean;
  readonly stop?: AbortController;
  readonly listenForHangup?: CliContext['listenForHangup'];
}

/** Runs one command line in a folder of its own; the system does not start unless the rig says how. */
export async function runCommand(t: Test, argv: readonly string[], rig: CliRig = {}) {
  const folder = t.testdir({ home: {}, ...rig.files });
  const terminal = recordedTerminal({ isWatched: rig.isWatched ?? false });
  const stop = rig.stop ?? new AbortController();
  const code = await runCli(argv, {
    terminal,
    environment: { HOME: join(folder, 'home'), ...rig.environment },
    workingDirectory: folder,
    loadStartHector: async () => rig.start ?? t.fail('the system was started'),
    loadInspectStores: async () => rig.inspect ?? (async () => []),
    listenForStop: () => ({ signal: stop.signal, dispose: () => undefined }),
    ...(rig.listenForHangup === undefined ? {} : { listenForHangup: rig.listenForHangup }),
  } as Parameters<typeof runCli>[1]);
  return { code, output: terminal.output(), errors: terminal.errors(), folder };
}

/** A system that only records how it was started and closed. */
export function recordStart(t: Test, parts: Partial<Hector> = {}) {
  const seen: { settings?: Settings; roles?: readonly string[]; closed: number } = { closed: 0 };
  const start: StartHector = async (settings, { roles }) => {
    seen.settings = settings;
    seen.roles = [...roles];
    return {
      settings,
      url: 'http://127.0.0.1:1',
      ingest: async () => t.fail('ingested') as never,
      rebuildMemory: async () => t.fail('rebuilt') as never,
      close: async () => {
        seen.closed += 1;
      },
      ...parts,
    };
  };
  return { seen, start };
}

/** A stop signal that was given already. */
export function stopped(): AbortController {
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  return stop;
}
