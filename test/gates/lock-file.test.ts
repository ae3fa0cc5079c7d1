import t from 'tap';
import { readProjectFiles } from './project.js';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
type Lock = Readonly<Record<string, LockedPackage>>;
interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

function findLockProblems(lock: Lock, manifest: Manifest): string[] {
  const problems: string[] = [];
  const root = lock[''] ?? {};
  for (const kind of ['dependencies', 'devDependencies'] as const) {
    for (const [name, range] of Object.entries(manifest[kind] ?? {})) {
      if (root[kind]?.[name] !== range) problems.push(`${name}: package.json wants ${range}, the lock file ${root[kind]?.[name]}`);
    }
  }
  for (const [path, locked] of Object.entries(lock)) {
    if (path === '') continue;
    // A host in the lock file ties every install to one registry.
    if (locked.resolved !== undefined) problems.push(`${path}: has "resolved"; omit-lockfile-registry-resolved keeps it out`);
    if (locked.integrity === undefined && !locked.optional) problems.push(`${path}: no integrity`);
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    // Newer npm runs an install script only where this table says so; older npm runs them all.
    if (locked.hasInstallScript && typeof manifest.allowScripts?.[name] !== 'boolean')
      problems.push(`${name}: decide in allowScripts of package.json`);
    // `npm ci` refuses a lock file that leaves out a package, even one for another platform.
    for (const needed of Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })) {
      if (!isLocked(lock, path, needed)) problems.push(`${path}: ${needed} is not in the lock file`);
    }
  }
  return problems;
}

/** Node's rule: the package's own folder first, then each folder above it. */
function isLocked(lock: Lock, from: string, name: string): boolean {
  let folder = from;
  for (;;) {
    if (lock[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true;
    if (folder === '') return false;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')));
  }
}

t.test('npm ci accepts the lock file from any registry and builds what must be built', async (t) => {
  const files = readProjectFiles(/^package(-lock)?\.json$/);
  const lock = (JSON.parse(files.get('package-lock.json') ?? '{}') as { packages: Lock }).packages;
  const manifest = JSON.parse(files.get('package.json') ?? '{}') as Manifest;
  t.same(findLockProblems(lock, manifest), []);
  for (const name of ['better-sqlite3', 'hnswlib-node']) t.equal(manifest.allowScripts?.[name], true, `${name} may run its install script`);
});

t.test('a lock file that would not install is found', async (t) => {
  const fine: LockedPackage = { version: '1.0.0', integrity: 'sha512-x' };
  const find = (lock: Lock, manifest: Manifest = {}) => findLockProblems(lock, manifest);
  t.same(find({ '': { dependencies: { a: '^1' } }, 'node_modules/a': fine }, { dependencies: { a: '^1' } }), []);
  t.match(find({ '': {} }, { dependencies: { a: '^1' } }), [/package.json wants \^1/]);
  t.match(find({ 'node_modules/a': { ...fine, resolved: 'https://somewhere/a.tgz' } }), [/has "resolved"/]);
  t.match(find({ 'node_modules/a': { version: '1.0.0' } }), [/no integrity/]);
  t.match(find({ 'node_modules/a': { ...fine, hasInstallScript: true } }), [/allowScripts/]);
  t.match(find({ 'node_modules/a': { ...fine, optionalDependencies: { b: '1' } } }), [/b is not in the lock file/]);
  t.same(find({ 'node_modules/a': { ...fine, dependencies: { b: '1' } }, 'node_modules/a/node_modules/b': fine }), []);
  t.same(find({ 'node_modules/a/node_modules/b': { ...fine, dependencies: { c: '1' } }, 'node_modules/c': fine }), []);
});
