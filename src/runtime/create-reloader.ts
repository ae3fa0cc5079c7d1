/** What follows the current settings in a process, in one place: snapshots, secrets that logs hide, MCP servers, document stores. */
import { describeError } from '../base/errors.js';
import { listSecrets } from '../config/list-secrets.js';
import type { LiveConfig } from '../config/live-config.js';
import { rememberSecrets } from '../observe/redact.js';
import { ConfigReloader, type ConfigReloaderOptions } from './config-reloader.js';
import type { CurrentKnowledge } from './current-knowledge.js';
import type { Runtime } from './runtime.js';
import type { ToolsetPool } from './toolset-pool.js';

export interface CreateReloaderOptions extends Pick<ConfigReloaderOptions, 'metrics' | 'audit' | 'clock' | 'log'> {
  /** `undefined`: this process was given settings, and no place to read them again. */
  readonly config: LiveConfig | undefined;
  readonly watches: boolean;
  readonly runtime: Runtime;
  readonly knowledge: CurrentKnowledge;
  readonly toolsets: ToolsetPool;
  /** Steps run here. */
  readonly isAgent: boolean;
}

export function createReloader(options: CreateReloaderOptions): ConfigReloader | undefined {
  const { config, watches, runtime, knowledge, toolsets, isAgent, log } = options;
  if (config === undefined) return undefined;
  const reloader = new ConfigReloader({
    ...options,
    config,
    started: runtime.current.settings,
    current: () => runtime.current.settings,
    onVariables: () => runtime.forgetOlder(),
    async prepare(settings) {
      // Before anybody is asked anything with them: also what is refused then, and what is told of it, shows none.
      rememberSecrets(listSecrets(settings));
      // Last, so that they stay known however many texts are only looked at.
      rememberSecrets(listSecrets(runtime.current.settings));
      const next = await runtime.prepare(settings);
      return {
        store: () => runtime.store(next),
        drop: () => next.close(),
        async adopt() {
          runtime.adopt(next);
          if (isAgent) toolsets.connect();
          // Searches and runs go on; only what is new in the stores waits.
          await knowledge.follow(settings).catch((error: unknown) => {
            log.error({ err: error }, `the changed document stores are not ingested here: ${describeError(error)}`);
          });
        },
      };
    },
  });
  if (watches) reloader.watch();
  return reloader;
}
