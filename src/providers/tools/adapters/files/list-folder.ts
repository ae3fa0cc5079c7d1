import { readdir } from 'node:fs/promises';
import { isProtectedName, type LocateOptions, locate } from '../../workspace.js';

const MAX_ENTRIES = 1_000;
const DEPTH = 2;

/** What a folder holds, two levels deep, without hidden names; links are shown and not followed. */
export async function listFolder(root: string, path: string, options: LocateOptions): Promise<string> {
  const found: string[] = [];
  let isCut = false;
  const list = async (folder: string, prefix: string, depth: number): Promise<void> => {
    const entries = await locate(root, folder, { ...options, enter: true }, async (located) =>
      readdir(located.folder.at('.'), { withFileTypes: true }),
    );
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules' || isProtectedName(entry.name)) continue;
      if (found.length >= MAX_ENTRIES) {
        isCut = true;
        return;
      }
      found.push(`${prefix}${entry.name}${entry.isDirectory() ? '/' : entry.isSymbolicLink() ? ' (link)' : ''}`);
      if (entry.isDirectory() && depth < DEPTH) await list(`${folder}/${entry.name}`, `${prefix}${entry.name}/`, depth + 1);
    }
  };
  await list(path, '', 1);
  return `${found.join('\n')}${isCut ? `\n… (more than ${MAX_ENTRIES})` : ''}`;
}
