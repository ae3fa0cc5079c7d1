import { lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** Names by folder. */
export type FilePlaces = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Every directory entry on the way to these files that can lead elsewhere: the files themselves, and each symbolic link before them. A
 * folder that is swapped by its link (`..data` of a Kubernetes ConfigMap, `current` of a deploy) is seen where the link stands.
 */
export function findFilePlaces(files: readonly string[]): FilePlaces {
  const places = new Map<string, Set<string>>();
  const add = (folder: string, name: string) => places.set(folder, (places.get(folder) ?? new Set()).add(name));
  for (const file of files) {
    let rest = path.resolve(file).split(path.sep).filter(Boolean);
    let folder: string = path.parse(path.resolve(file)).root;
    for (let hops = 0; rest.length > 0 && hops < MAX_PARTS; hops++) {
      const [name = '', ...others] = rest;
      const target = findTarget(path.join(folder, name));
      if (target !== undefined || others.length === 0) add(folder, name);
      if (target === undefined) {
        folder = path.join(folder, name);
        rest = others;
      } else {
        const resolved = path.resolve(folder, target);
        folder = path.parse(resolved).root;
        rest = [...resolved.split(path.sep).filter(Boolean), ...others];
      }
    }
  }
  return places;
}

/** Where a symbolic link leads; `undefined`: it is none, or is not there. */
function findTarget(place: string): string | undefined {
  try {
    return lstatSync(place).isSymbolicLink() ? readlinkSync(place) : undefined;
  } catch {
    // It comes, or whoever reads it says what is wrong.
    return undefined;
  }
}

/** Links may lead in circles. */
const MAX_PARTS = 200;
