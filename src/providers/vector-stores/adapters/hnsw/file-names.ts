/**
 * Names of the index's files: `<prefix>.<host>-<process>-<instance>.<id>.<kind>`; the manifest is `<prefix>.json`.
 *
 * Several processes may share the folder, and any may die while it writes. So a name tells who wrote it: what no manifest names is
 * waste when its writer is gone, and not before.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { newId } from '../../../../base/ids.js';
import { sha256Hex } from '../../../../base/json.js';

export class FileNames {
  readonly #prefix: string;
  readonly #mark = `${markOf(process.pid)}-${nextInstance++}`;

  constructor(collection: string) {
    this.#prefix = `${collection.replace(/[^\w-]+/g, '_').slice(0, 80)}.${sha256Hex(collection).slice(0, 8)}`;
  }

  get manifest(): string {
    return `${this.#prefix}.json`;
  }

  /** Beginning of a name that was never used. */
  create(): string {
    return `${this.#prefix}.${this.#mark}.${newId()}`;
  }

  /**
   * Removes what nobody needs: own files that are not in `needed` (full names, or what `create` gave), those of processes that ended, and
   * old ones of other machines, whose processes cannot be asked. `stored` are those that the manifest names.
   */
  async removeWaste(directory: string, stored: ReadonlySet<string>, needed: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(directory).catch(() => [])) {
      if (!name.startsWith(`${this.#prefix}.`) || stored.has(name)) continue;
      const found = NAME.exec(name.slice(this.#prefix.length));
      if (found === null) continue;
      const { mark, host, pid, id } = found.groups as { mark: string; host: string; pid: string; id: string };
      const isWaste =
        mark === this.#mark
          ? !needed.has(name) && !needed.has(`${this.#prefix}.${mark}.${id}`)
          : `${host}-${pid}` === markOf(Number(pid))
            ? !isRunning(Number(pid))
            : await isOlderThan(join(directory, name), STALE_MS);
      if (isWaste) await rm(join(directory, name), { force: true });
    }
  }
}

/** Of the unpacked copy of a compressed file. */
export function plainNameOf(stored: string): string {
  return `${stored.replace(/\.[^.]+\.[^.]+\.\w+\.gz$/, '')}.${markOf(process.pid)}-plain.${newId()}.plain`;
}

function markOf(pid: number): string {
  return `${sha256Hex(hostname()).slice(0, 8)}-${pid}`;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Any other answer comes from a process that is there.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function isOlderThan(path: string, ageMs: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ageMs;
}

let nextInstance = 0;
const NAME = /^\.(?<mark>(?<host>[0-9a-f]{8})-(?<pid>\d+)-\w+)\.(?<id>[^.]+)\.\w+(?:\.gz)?$/;
/** Longer than any process of another machine leaves its files untouched between two saves that need them. */
const STALE_MS = 3_600_000;
