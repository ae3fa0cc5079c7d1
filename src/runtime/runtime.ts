/**
 * The snapshots a process works with: the current one, and those that older runs are pinned to (R12).
 *
 * Owns: which configuration is current, and the cache of older ones (at most `OLDER_SNAPSHOTS`, the longest unused
 * goes, and whatever nobody asked for in `UNUSED_MS`). Does not own: the stores below; they are the same for all snapshots.
 */
import type { Agent } from '../agents/agent.js';
import type { RemotePeer } from '../agents/remote/remote-peer.js';
import type { CancelTimer } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { listSecrets } from '../config/list-secrets.js';
import { settingsFromSource } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import { rememberSecrets } from '../observe/redact.js';
import type { ConfigVersionStore } from '../tasks/task-store.js';
import { createSnapshot, type Snapshot, type SnapshotDependencies } from './snapshot.js';

export interface RuntimeOptions extends SnapshotDependencies {
  readonly settings: Settings;
  readonly versions: ConfigVersionStore;
  /** Settings of a stored text. Default: with the variables of this process. */
  readonly readSource?: (source: string) => Settings;
}

interface OlderSnapshot {
  readonly snapshot: Promise<Snapshot>;
  readonly forget: CancelTimer;
}

export class Runtime {
  readonly #options: RuntimeOptions;
  readonly #older = new Map<string, OlderSnapshot>();
  #current: Snapshot;

  private constructor(current: Snapshot, options: RuntimeOptions) {
    this.#current = current;
    this.#options = options;
  }

  /** Builds the current snapshot and stores its text, so that any instance can build it. */
  static async start(options: RuntimeOptions): Promise<Runtime> {
    const runtime = new Runtime(await createSnapshot(options.settings, options), options);
    try {
      await runtime.store(runtime.current);
    } catch (error) {
      await runtime.current.close();
      throw error;
    }
    return runtime;
  }

  get current(): Snapshot {
    return this.#current;
  }

  /** Builds what the settings say, beside what there is. Nothing changes before `adopt`. @throws AppError as `createSnapshot` does */
  prepare(settings: Settings): Promise<Snapshot> {
    return createSnapshot(settings, this.#options);
  }

  /** So that any instance can build what runs will be pinned to. @throws AppError while SQL is away */
  async store({ settings }: Snapshot): Promise<void> {
    const { versions, clock } = this.#options;
    await versions.save(settings.version, settings.source, clock.now());
  }

  /** New runs begin with it, once it is stored; those under way keep theirs (R12, CFG-94, CFG-97). */
  adopt(next: Snapshot): void {
    const before = this.#current;
    const { version } = next.settings;
    this.#current = next;
    // The same text with other variables behind it: runs of that version go on with those.
    if (before.settings.version === version) {
      this.#options.clock.after(GRACE_MS, () => void before.close());
      return;
    }
    const known = this.#older.get(version);
    if (known !== undefined) this.#forget(version, known);
    this.#keep(before.settings.version, Promise.resolve(before));
  }

  /** The variables have changed: what was built of stored texts is built again when it is asked for. */
  forgetOlder(): void {
    for (const [version, known] of this.#older) this.#forget(version, known);
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
    return version === this.#current.settings.version ? this.#current : await this.#getOlder(version);
  }

  #getOlder(version: string): Promise<Snapshot> {
    const known = this.#older.get(version)?.snapshot ?? this.#build(version);
    this.#keep(version, known);
    return known;
  }

  /** As the one that was used last. */
  #keep(version: string, snapshot: Promise<Snapshot>): void {
    this.#older.get(version)?.forget();
    this.#older.delete(version);
    const known: OlderSnapshot = { snapshot, forget: this.#options.clock.after(UNUSED_MS, () => this.#forget(version, known)) };
    this.#older.set(version, known);
    const [oldest] = this.#older;
    if (this.#older.size > OLDER_SNAPSHOTS && oldest !== undefined) this.#forget(...oldest);
  }

  #forget(version: string, known: OlderSnapshot): void {
    if (this.#older.get(version) === known) this.#older.delete(version);
    known.forget();
    // One that could not be built has nothing to let go of. Whoever was handed it a moment ago begins its step within the grace.
    void known.snapshot.then(
      (snapshot) => this.#options.clock.after(GRACE_MS, () => void snapshot.close()),
      () => undefined,
    );
  }

  async #build(version: string): Promise<Snapshot> {
    const { versions, readSource = settingsFromSource } = this.#options;
    try {
      const source = await versions.find(version);
      if (source === undefined)
        throw new AppError('CONFIG_NOT_FOUND', { message: `The configuration ${version} that this run was started with is not stored` });
      const settings = readSource(source);
      rememberSecrets(listSecrets(settings));
      return await createSnapshot(settings, this.#options);
    } catch (error) {
      this.#older.get(version)?.forget();
      this.#older.delete(version);
      throw error;
    }
  }
}

const OLDER_SNAPSHOTS = 8;
/** A run that waits for longer has its snapshot built again. */
const UNUSED_MS = 60_000;
/** CFG-94 */
const GRACE_MS = 5_000;
