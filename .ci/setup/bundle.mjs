import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * What runs is some tens of files instead of a thousand: programs start in half the time. Packages stay outside.
 *
 *   dist/bundle/main.js, index.js     the executable; `import … from 'hector'`
 *   dist/bundle/workers/              the roles as processes; threads/ their threads
 *   dist/bundle/parts/shared/         all code that more than one of them has, named by content
 *
 * The sources look for a thread as `../../workers/threads/<name>.js` or beside themselves, so parts lie two folders deep.
 */
const ENTRIES = ['src/main.ts', 'src/index.ts', 'workers/agent.ts', 'workers/ingest.ts', 'workers/keeper.ts'];
const PARTS = 'parts/shared';
/** Threads that one file starts for itself. */
const OWN_THREADS = ['src/providers/tools/adapters/web/page-thread.ts', 'src/providers/tools/adapters/files/grep-thread.ts'];
const FILES = '.files.json';

/** Brings `dist/bundle/` in line with the sources. @returns esbuild's complaints; nothing has been written then. */
export async function bundle(root) {
  // Not above: this file is also read before anything is installed.
  const { build, formatMessages } = await import('esbuild');
  const folder = join(root, 'dist/bundle');
  let made;
  try {
    made = await build({
      absWorkingDir: root,
      entryPoints: listEntries(root),
      outdir: folder,
      bundle: true,
      splitting: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20.19',
      chunkNames: `${PARTS}/[name]-[hash]`,
      sourcemap: true,
      sourcesContent: false,
      logLevel: 'silent',
      metafile: true,
      write: false,
    });
  } catch (error) {
    const output = error.errors === undefined ? error.stack : (await formatMessages(error.errors, { kind: 'error' })).join('');
    return { ok: false, output };
  }
  const strays = findStrays(root, made.metafile);
  if (strays.length > 0)
    return { ok: false, output: `a path beside import.meta.url outside ${PARTS}, where it leads elsewhere: ${strays.join(', ')}` };
  writeFiles(folder, made.outputFiles);
  return { ok: true, output: '' };
}

export const isBundled = (root) => existsSync(join(root, 'dist/bundle', FILES));

function listEntries(root) {
  const threads = readdirSync(join(root, 'workers/threads')).map((name) => `workers/threads/${name}`);
  const named = [...ENTRIES, ...threads].map((path) => ({ in: path, out: path.replace(/^src\//, '').replace(/\.ts$/, '') }));
  const own = OWN_THREADS.map((path) => ({ in: path, out: `${PARTS}/${path.slice(path.lastIndexOf('/') + 1, -'.ts'.length)}` }));
  return [...named, ...own];
}

/** Sources that look for others beside them and have not become a part. */
function findStrays(root, { outputs }) {
  const entries = Object.entries(outputs).filter(([path]) => path.endsWith('.js') && !path.includes(`/${PARTS}/`));
  const sources = entries.flatMap(([, { inputs }]) => Object.keys(inputs));
  return sources.filter((path) => /new URL\([^)]*import\.meta\.url/.test(readFileSync(join(root, path), 'utf8')));
}

/**
 * Parts first, since entries name them. Those of the bundle before stay: a program that runs from it still loads some.
 */
function writeFiles(folder, files) {
  const before = readList(folder);
  const now = files.map(({ path }) => relative(folder, path)).sort();
  const isEntry = ({ path }) => !relative(folder, path).startsWith(PARTS);
  for (const file of [...files].sort((a, b) => Number(isEntry(a)) - Number(isEntry(b)))) {
    mkdirSync(dirname(file.path), { recursive: true });
    const path = `${file.path}.new`;
    writeFileSync(path, file.contents, { mode: file.path.endsWith('/main.js') ? 0o755 : 0o644 });
    renameSync(path, file.path);
  }
  const isSame = before.join() === now.join();
  const kept = new Set([...now, ...before, FILES]);
  if (!isSame)
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      if (entry.isFile() && !kept.has(relative(folder, path))) rmSync(path, { force: true });
    }
  writeFileSync(join(folder, FILES), JSON.stringify(now));
}

function readList(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, FILES), 'utf8'));
  } catch {
    return []; // never written
  }
}
