import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * A program as users run it, for a process of its own.
 * @throws Error when the sources are newer: what was only compiled is not in it.
 */
export function bundledProgram(name: 'main' | 'workers/agent' | 'workers/ingest' | 'workers/keeper' = 'main'): string {
  assertFreshBundle();
  return path.join(ROOT, `dist/bundle/${name}.js`);
}

/** For whoever imports 'hector': it is the bundle, too. */
export function assertFreshBundle(): void {
  isFresh ??= findNewer() ?? 'fresh';
  if (isFresh !== 'fresh') throw new Error(`dist/bundle is older than ${isFresh}; run: npm run build (or node .ci/bundle.mjs)`);
}

let isFresh: string | undefined;

function findNewer(): string | undefined {
  const bundledMs = statSync(path.join(ROOT, 'dist/bundle/.files.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  for (const folder of ['src', 'workers'])
    for (const name of readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (name.endsWith('.ts') && statSync(path.join(ROOT, folder, name)).mtimeMs > bundledMs) return path.join(folder, name);
    }
  return undefined;
}
