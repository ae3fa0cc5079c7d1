/**
 * Tells of changes in a folder and below it (RAG-33).
 *
 * Owns: one watch of the system per folder. Does not own: what has changed; whoever is told looks for itself.
 * 1. A folder is watched before anybody is told of it, so that a file in it is either seen by that look or told of later (W-81).
 * 2. Nothing is queued: a change sets a timer or finds one set. After many changes at once, of which the system may have dropped some,
 *    folders are looked for anew.
 * 3. `quietMs` after the last change, but at the latest `MAX_WAIT_MS` after the first.
 */
import { type FSWatcher, watch } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { throwIfAborted } from '../../base/abort.js';
import type { CancelTimer, Clock } from '../../base/clock.js';
import { listFolder } from './list-folder.js';

export interface WatchFoldersOptions {
  readonly root: string;
  /** By path below the root, with `/`. */
  readonly isExcluded: (id: string) => boolean;
  /** A file of that path is a document. */
  readonly isWanted: (id: string) => boolean;
  readonly clock: Clock;
  readonly quietMs?: number;
}

/** Resolves when everything is watched; until the signal aborts. @throws what the system says of the root, or of too many watches. */
export async function watchFolders(options: WatchFoldersOptions, onChange: () => void, signal: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  const watcher = new FolderWatcher(options, onChange, await realpath(options.root));
  signal.addEventListener('abort', () => watcher.close(), { once: true });
  try {
    await watcher.start();
    throwIfAborted(signal);
  } catch (error) {
    watcher.close();
    throw error;
  }
}

class FolderWatcher {
  readonly #options: WatchFoldersOptions;
  readonly #onChange: () => void;
  readonly #root: string;
  /** By path below the root. */
  readonly #watches = new Map<string, FSWatcher>();
  #cancelTimer: CancelTimer | undefined;
  #firstAt = 0;
  #changes = 0;
  #closed = false;

  constructor(options: WatchFoldersOptions, onChange: () => void, root: string) {
    this.#options = options;
    this.#onChange = onChange;
    this.#root = root;
  }

  start(): Promise<void> {
    return this.#add('');
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    for (const watched of this.#watches.values()) watched.close();
    this.#watches.clear();
  }

  /** Watches a folder and those below it that are not watched yet. */
  async #add(id: string): Promise<void> {
    if (this.#closed) return;
    if (!this.#watches.has(id)) this.#watch(id);
    for await (const names of listFolder(join(this.#root, id))) {
      for (const name of names) {
        const inner = id === '' ? name : `${id}/${name}`;
        if (this.#options.isExcluded(inner)) continue;
        const found = await lstat(join(this.#root, inner)).catch(() => undefined);
        if (found?.isDirectory()) await this.#addIfThere(inner);
      }
    }
  }

  async #addIfThere(id: string): Promise<void> {
    try {
      await this.#add(id);
    } catch (error) {
      this.#remove(id);
      // Gone again, or it cannot be listed, which the scan tells. Too many watches are for whoever began this.
      if (isOutOfWatches(error)) throw error;
    }
  }

  #watch(id: string): void {
    const watched = watch(join(this.#root, id), { persistent: false }, (_event, name) => void this.#heard(id, name));
    // The folder is gone, or can no longer be watched: what is there now is looked for.
    watched.on('error', () => {
      this.#remove(id);
      this.#schedule(MANY);
    });
    this.#watches.set(id, watched);
  }

  #remove(id: string): void {
    for (const [path, watched] of this.#watches) {
      if (id !== '' && path !== id && !path.startsWith(`${id}/`)) continue;
      watched.close();
      this.#watches.delete(path);
    }
  }

  /** Never rejects. */
  async #heard(folder: string, name: string | null): Promise<void> {
    const { isExcluded, isWanted } = this.#options;
    // Without a name anything may have happened.
    if (name === null) return this.#schedule(MANY);
    const id = folder === '' ? name : `${folder}/${name}`;
    const found = await lstat(join(this.#root, id)).catch(() => undefined);
    if (this.#closed) return;
    if (folder === '' && found === undefined && name === basename(this.#root)) return this.#lookAtRoot();
    // What is excluded may be what a document links to: such links are replaced as a whole.
    if (isExcluded(id)) return found?.isSymbolicLink() ? this.#schedule(1) : undefined;
    if (this.#watches.has(id)) {
      // Of a watched folder this tells that it is another one now, or none.
      this.#remove(id);
      return this.#schedule(MANY);
    }
    if (found?.isDirectory()) this.#schedule(MANY);
    else if (isWanted(id) || found?.isSymbolicLink()) this.#schedule(1);
  }

  /** A name that is not in the root may be that of the root itself, which is gone or another folder now. */
  #lookAtRoot(): void {
    this.#remove('');
    this.#schedule(MANY);
  }

  #schedule(changes: number): void {
    if (this.#closed) return;
    const { clock, quietMs = 100 } = this.#options;
    const now = clock.monotonic();
    if (this.#cancelTimer === undefined) this.#firstAt = now;
    this.#changes += changes;
    this.#cancelTimer?.();
    const waitMs = Math.max(0, Math.min(quietMs, this.#firstAt + MAX_WAIT_MS - now));
    this.#cancelTimer = clock.after(waitMs, () => void this.#tell());
  }

  /** Never rejects. */
  async #tell(): Promise<void> {
    const hasMany = this.#changes >= MANY;
    this.#cancelTimer = undefined;
    this.#changes = 0;
    // Also when it fails: whoever is told looks at everything, and a scan says what is wrong with the folder.
    if (hasMany) await this.#add('').catch(() => this.#waitForRoot());
    if (!this.#closed) this.#onChange();
  }

  /** It may come back, as a folder that is mounted anew does. */
  #waitForRoot(): void {
    if (this.#closed) return;
    // Without its root's watch, nothing else would be heard of; one whose listing failed does not count.
    this.#remove('');
    this.#options.clock.after(ROOT_PAUSE_MS, () => {
      this.#add('').then(
        () => this.#schedule(1),
        () => this.#waitForRoot(),
      );
    });
  }
}

function isOutOfWatches(error: unknown): boolean {
  return ['ENOSPC', 'EMFILE'].includes((error as NodeJS.ErrnoException).code ?? '');
}

const MAX_WAIT_MS = 2_000;
const ROOT_PAUSE_MS = 5_000;
/** Changes after which folders are looked for anew; also counted for one that concerns a folder. */
const MANY = 1_000;
