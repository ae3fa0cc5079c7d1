/**
 * Toolsets by their settings: snapshots that declare a server alike share its connection.
 *
 * Owns: what it created, until the last snapshot that uses it lets go, or `close()`. Does not own: the snapshots.
 */
import path from 'node:path';
import type { Clock } from '../base/clock.js';
import { canonicalJson } from '../base/json.js';
import type { Settings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import type { LanguageModel } from '../providers/llms/contract.js';
import type { Toolset, ToolsetHealth } from '../providers/tools/contract.js';
import { createToolset } from '../providers/tools/registry.js';

/** What one snapshot has of the pool. */
export interface HeldToolsets {
  /** Those that agents may have, by key in `tools`. */
  readonly forAgents: readonly Toolset[];
  /** Those that parse documents, by key in `tools`: all, also `internal` ones (TOOL-45). */
  readonly forParsing: readonly Toolset[];
  /** May be called twice. */
  release(): Promise<void>;
}

export class ToolsetPool {
  readonly #options: { readonly clock: Clock; readonly log: Logger };
  readonly #closed = new AbortController();
  readonly #created = new Map<string, { readonly toolset: Toolset; users: number }>();

  constructor(options: { readonly clock: Clock; readonly log: Logger }) {
    this.#options = options;
  }

  /** Connects to nothing: servers are asked when a step needs them (TOOL-41), or by `connect`. */
  hold(
    { tools, llms = {}, stateDirectory }: Pick<Settings, 'tools' | 'stateDirectory'> & Partial<Pick<Settings, 'llms'>>,
    models: ReadonlyMap<string, LanguageModel> = new Map(),
  ): HeldToolsets {
    const found = Object.entries(tools).flatMap(([name, settings]) => {
      if (settings.type !== 'mcp' || !settings.enabled) return [];
      // The same server with another model behind it is another one.
      const { sampling } = settings;
      const llm = sampling === undefined ? null : (llms[sampling.llm] ?? null);
      const key = canonicalJson([name, settings, llm]);
      const known = this.#created.get(key) ?? {
        toolset: createToolset(name, settings, {
          ...this.#options,
          tokenDirectory: path.join(stateDirectory, 'mcp-tokens'),
          samplingModel: sampling === undefined ? undefined : models.get(sampling.llm),
        }),
        users: 0,
      };
      return [{ key, known, isInternal: settings.internal }];
    });
    // Only now, when all could be made: what is counted here is let go of by `release` alone.
    const held = found.map(({ key, known, isInternal }) => {
      known.users += 1;
      this.#created.set(key, known);
      return { key, toolset: known.toolset, isInternal };
    });
    let isHeld = true;
    return {
      forAgents: held.filter(({ isInternal }) => !isInternal).map(({ toolset }) => toolset),
      forParsing: held.map(({ toolset }) => toolset),
      release: async () => {
        if (!isHeld) return;
        isHeld = false;
        await Promise.all(held.map(({ key }) => this.#release(key)));
      },
    };
  }

  /** Asks all servers for their tools in the background, so that the first step need not wait for them. What fails is told by them. */
  connect(): void {
    for (const { toolset } of this.#created.values()) void toolset.list(this.#closed.signal).catch(() => undefined);
  }

  /** Of this process's connections; other processes have their own. */
  health(): readonly ToolsetHealth[] {
    return [...this.#created.values()].map(({ toolset }) => toolset.health());
  }

  async close(): Promise<void> {
    this.#closed.abort();
    const all = [...this.#created.values()];
    this.#created.clear();
    await Promise.all(all.map(({ toolset }) => toolset.close()));
  }

  async #release(key: string): Promise<void> {
    const known = this.#created.get(key);
    if (known === undefined) return;
    known.users -= 1;
    if (known.users > 0) return;
    this.#created.delete(key);
    await known.toolset.close();
  }
}
