import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

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
      plugins: [packagesOutside],
      inject: [join(dirname(fileURLToPath(import.meta.url)), 'require-package.mjs')],
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

/**
 * No package becomes part of the bundle. Those in CommonJS are loaded by `require`: for an `import` Node would read all their files once
 * more, only to learn what names they export. It is the same instance, whoever imports it besides.
 */
const packagesOutside = {
  name: 'packages outside',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === 'entry-point') return undefined;
      // What is imported later has named exports only as Node finds them.
      const isStatic = kind === 'import-statement';
      return isStatic && isCommonJs(path) ? { path, namespace: 'commonjs' } : { path, external: true };
    });
    onLoad({ filter: /.*/, namespace: 'commonjs' }, ({ path }) => ({
      contents: `module.exports = requirePackage(${JSON.stringify(path)})`,
    }));
  },
};

function isCommonJs(specifier) {
  if (specifier.startsWith('node:')) return false;
  let file;
  try {
    file = fileURLToPath(import.meta.resolve(specifier));
  } catch {
    return false; // optional, and not installed
  }
  return file.endsWith('.cjs') || (file.endsWith('.js') && findPackageType(dirname(file)) !== 'module');
}

function findPackageType(folder) {
  const path = join(folder, 'package.json');
  // Packages have such files inside, too: the nearest one decides, as it does for Node.
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).type : findPackageType(dirname(folder));
}

/** Sources that look for others beside them and have not become a part. */
function findStrays(root, { outputs }) {
  const entries = Object.entries(outputs).filter(([path]) => path.endsWith('.js') && !path.includes(`/${PARTS}/`));
  const sources = entries.flatMap(([, { inputs }]) => Object.keys(inputs)).filter((path) => /^(src|workers)\//.test(path));
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
    writeFileSync(path, file.path.endsWith('.js') ? escapeWide(file.text) : file.contents, {
      mode: file.path.endsWith('/main.js') ? 0o755 : 0o644,
    });
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

/** esbuild leaves such characters in regular expressions and comments. One of them, and V8 keeps two bytes for each of the file. */
function escapeWide(text) {
  return text.replace(/[\u0100-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function readList(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, FILES), 'utf8'));
  } catch {
    return []; // never written
  }
}
