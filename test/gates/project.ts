import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's own folder, seen from `dist/test/gates/`. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Files by path relative to the root, `/` between names. Gates take this, so a test can plant a violation in memory. */
export type Files = ReadonlyMap<string, string>;

const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.hector', '.tap']);
const BINARY = /\.(png|jpg|jpeg|gif|ico|pdf|docx|xlsx|zip|gz|woff2?|db|hnsw)$/;

/** Every file that belongs to the project: what git tracks and what it would track. */
export function listProjectFiles(): string[] {
  const paths = existsSync(join(ROOT, '.git')) ? listByGit() : listByWalk('');
  return paths.filter((path) => existsSync(join(ROOT, path))).sort();
}

/** The project's text files with their content; `matching` picks by path. */
export function readProjectFiles(matching: RegExp = /./): Files {
  const paths = listProjectFiles().filter((path) => matching.test(path) && !BINARY.test(path));
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}

function listByGit(): string[] {
  const output = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
  return [...new Set(output.split('\0').filter((path) => path !== ''))];
}

/** Without git (an unpacked archive) everything is ours that no tool made. */
function listByWalk(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (NOT_OURS.has(entry.name)) return [];
    return entry.isDirectory() ? listByWalk(path) : [path];
  });
}
