import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../run-command.mjs';
import { bundle, isBundled } from './bundle.mjs';

const SOURCE_FOLDERS = ['src', 'workers', 'bench', 'test'];
const OUTPUT_ENDINGS = ['.js', '.js.map'];

/**
 * Brings `dist/` in line with the sources: removes output whose source is gone, compiles and bundles when anything changed.
 * Returns the compiler's complaints; output is written even then, so that tests can still tell more.
 */
export async function build(root, say = () => {}) {
  const sources = listFiles(root, SOURCE_FOLDERS, ['.ts']);
  const isComplete = removeStaleOutput(root, sources) && isBundled(root);
  const stampPath = join(root, 'dist/.build-stamp');
  const stamp = fingerprint(root, sources);
  if (isComplete && existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return { ok: true, output: '' };
  say('compiling');
  rmSync(stampPath, { force: true });
  // The compiler believes its own notes: where output is missing they are wrong.
  if (!isComplete) rmSync(join(root, 'dist/.tsbuildinfo'), { force: true });
  const [compiled, bundled] = await Promise.all([
    runCommand(join(root, 'node_modules/.bin/tsc'), ['-p', '.', '--pretty', 'false'], { cwd: root }),
    bundle(root),
  ]);
  const ok = compiled.code === 0 && bundled.ok;
  if (ok) {
    mkdirSync(join(root, 'dist'), { recursive: true });
    writeFileSync(stampPath, stamp);
  }
  return { ok, output: compiled.output + bundled.output };
}

/** Deletes compiled files without a source, so that a removed test cannot run. Says whether every source has its output. */
export function removeStaleOutput(root, sources) {
  const wanted = new Set();
  for (const source of sources) {
    if (source.endsWith('.d.ts')) continue;
    for (const ending of OUTPUT_ENDINGS) wanted.add(join('dist', source.slice(0, -'.ts'.length) + ending));
  }
  const outputs = listFiles(
    root,
    SOURCE_FOLDERS.map((folder) => join('dist', folder)),
    OUTPUT_ENDINGS,
  );
  for (const output of outputs) {
    if (!wanted.delete(output)) rmSync(join(root, output));
  }
  return wanted.size === 0;
}

function fingerprint(root, sources) {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'package.json', 'tsconfig.json', '.ci/setup/bundle.mjs', ...sources]) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Files below the folders with one of the endings, sorted, relative to the root. */
export function listFiles(root, folders, endings) {
  const found = [];
  for (const folder of folders) {
    if (!existsSync(join(root, folder))) continue;
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      if (entry.isFile() && endings.some((ending) => path.endsWith(ending))) found.push(path.slice(join(root, '/').length));
    }
  }
  return found.sort();
}
