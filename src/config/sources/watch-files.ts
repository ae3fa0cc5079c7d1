/**
 * Tells when files may have changed, however that was done: written in place, replaced by a rename, deleted and made anew, swapped by a
 * symbolic link (CFG-93).
 *
 * Owns: one watcher per folder, and a timer that looks by itself, for file systems that tell nothing and folders that come and go.
 */
import { type FSWatcher, statSync, watch } from 'node:fs';
import type { CancelTimer, Clock } from '../../base/clock.js';
import { type FilePlaces, findFilePlaces } from './file-places.js';

export interface WatchFilesOptions {
  readonly files: readonly string[];
  readonly onChange: () => void;
  readonly clock: Clock;
}

/** The result ends it; may be called twice. */
export function watchFiles({ files, onChange, clock }: WatchFilesOptions): () => void {
  const watchers = new Map<string, { readonly watcher: FSWatcher; readonly folder: string }>();
  let places: FilePlaces = new Map();
  let seen = '';
  let isClosed = false;
  let cancel: CancelTimer | undefined;

  const changed = () => {
    cancel?.();
    if (!isClosed) cancel = clock.after(DEBOUNCE_MS, fire);
  };
  const fire = () => {
    look();
    onChange();
  };
  /** Watches what there is to watch now, and compares. */
  const look = () => {
    if (isClosed) return;
    places = findFilePlaces(files);
    for (const [folder, { watcher, folder: identity }] of watchers) {
      if (places.has(folder) && identityOf(folder) === identity) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of places.keys()) if (!watchers.has(folder)) open(folder);
    const now = files.map(identityOf).join('\n');
    if (now !== seen) changed();
    seen = now;
  };
  const open = (folder: string) => {
    const identity = identityOf(folder);
    if (identity === '') return;
    try {
      // Folders of state are written to all the time: only the names that matter wake anybody.
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || places.get(folder)?.has(name) === true) changed();
      });
      watcher.on('error', () => {
        watcher.close();
        watchers.delete(folder);
      });
      watchers.set(folder, { watcher, folder: identity });
    } catch {
      // No more watches are to be had, or the folder has gone: the timer looks.
    }
  };

  look();
  cancel?.();
  const stop = clock.every(LOOK_MS, look);
  return () => {
    isClosed = true;
    stop();
    cancel?.();
    for (const { watcher } of watchers.values()) watcher.close();
    watchers.clear();
  };
}

/** Changes when something else stands there, or it was written; '' = nothing is there. */
function identityOf(place: string): string {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs, isDirectory } = statOf(place);
    return isDirectory ? `${dev}:${ino}` : `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
  } catch {
    return '';
  }
}

function statOf(place: string) {
  const stat = statSync(place);
  return { ...stat, isDirectory: stat.isDirectory() };
}

/** CFG-93 */
const DEBOUNCE_MS = 100;
const LOOK_MS = 1_000;
