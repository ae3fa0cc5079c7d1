/**
 * The snapshots a process works with: the current one, and those that older runs are pinned to (R12).
 *
 * Owns: which configuration is current, and the cache of older ones (at most `OLDER_SNAPSHOTS`, the longest unused
 * goes). Does not own: the stores below; they are the same for all snapshots.
 */
import type { Agent } from '../agents/agent.js';
import type { RemotePeer } from '../agents/remote/remote-peer.js';
import { AppError } from '../base/errors.js';
import { settingsFromSource } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import type { ConfigVersionStore } from '../tasks/task-store.js';
import { createSnapshot, type Snapshot, type SnapshotDependencies } from './snapshot.js';

export interface RuntimeOptions extends SnapshotDependencies {
  readonly settings: Settings;
  readonly versions: ConfigVersionStore;
}

export class Runtime {
  readonly current: Snapshot;
  readonly #options: RuntimeOptions;
  readonly #older = new Map<string, Promise<Snapshot>>();

  private constructor(current: Snapshot, options: RuntimeOptions) {
    this.current = current;
    this.#options = options;
  }

  /** Builds the current snapshot and stores its text, so that any instance can build it. */
  static async start(options: RuntimeOptions): Promise<Runtime> {
    const current = await createSnapshot(options.settings, options);
    await options.versions.save(options.settings.version, options.settings.source, options.clock.now());
    return new Runtime(current, options);
  }

  /** The agent as the given config version has it, for one turn of a worker: its connections are kept until `turn` aborts. */
  async getAgent(version: string, name: string, turn: AbortSignal): Promise<Agent> {
    const snapshot = await this.#get(version);
    const agent = snapshot.getAgent(name);
    snapshot.hold(turn);
    return agent;
  }

  /** The server behind a remote agent of the given config version; `undefined`: it has no such agent. */
  async findPeer(version: string, name: string): Promise<RemotePeer | undefined> {
    return (await this.#get(version)).findPeer(name);
  }

  async #get(version: string): Promise<Snapshot> {
    return version === this.current.settings.version ? this.current : await this.#getOlder(version);
  }

  #getOlder(version: string): Promise<Snapshot> {
    const known = this.#older.get(version);
    const snapshot = known ?? this.#build(version);
    this.#older.delete(version);
    this.#older.set(version, snapshot);
    const [oldest] = this.#older.keys();
    if (this.#older.size > OLDER_SNAPSHOTS && oldest !== undefined) {
      // One that could not be built has nothing to let go of.
      void this.#older.get(oldest)?.then(
        (evicted) => evicted.close(),
        () => undefined,
      );
      this.#older.delete(oldest);
    }
    return snapshot;
  }

  async #build(version: string): Promise<Snapshot> {
    try {
      const source = await this.#options.versions.find(version);
      if (source === undefined)
        throw new AppError('CONFIG_NOT_FOUND', { message: `The configuration ${version} that this run was started with is not stored` });
      return await createSnapshot(settingsFromSource(source), this.#options);
    } catch (error) {
      this.#older.delete(version);
      throw error;
    }
  }
}

const OLDER_SNAPSHOTS = 8;
