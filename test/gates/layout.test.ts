import t from 'tap';
import { type Files, readProjectFiles } from './project.js';

const TOP_LEVEL = new Set([
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'README.md', 'LICENSE'],
  ...['src', 'workers', 'config', 'bench', 'test', '.ci'],
  ...['.gitignore', '.npmrc', '.taprc', '.biome.json', '.dependency-cruiser.cjs', '.dockerignore', '.github'],
]);
const SRC_FOLDERS = new Set([
  ...['base', 'protocol', 'config', 'http', 'grpc', 'access', 'a2a', 'tasks', 'steps', 'agents', 'providers', 'knowledge', 'memory'],
  ...['threads', 'storage', 'runtime', 'observe', 'studio', 'cli'],
]);
const SRC_FILES = new Set(['README.md', 'main.ts', 'compose.ts', 'index.ts']);
const TEST_FOLDERS = new Set(['unit', 'contract', 'flow', 'protocol', 'simulator', 'faults', 'gates', 'bench', 'support', 'fixtures']);
const WORKERS = /^workers\/(README\.md|(agent|ingest|keeper)\.ts|threads\/[^/]+)$/;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
const BY_KIND = /^(utils?|helpers?|types|services?|misc|common)(\.[a-z]+)*$/;

/** Sameness of places and names (ARCHITECTURE: layout). */
function findMisplaced(files: Files): string[] {
  const problems: string[] = [];
  const report = (path: string, problem: string) => problems.push(`${path}: ${problem}`);
  for (const path of files.keys()) {
    const [top = '', second = '', third] = path.split('/');
    if (!TOP_LEVEL.has(top)) report(path, 'not a name of the top level');
    if (top === 'src' && !(third === undefined ? SRC_FILES : SRC_FOLDERS).has(second)) report(path, 'not a place in src');
    if (top === 'test' && third !== undefined && !TEST_FOLDERS.has(second)) report(path, 'not an area of test');
    if (top === 'test' && third === undefined && second !== 'README.md') report(path, 'a test lives in an area');
    if (top === 'workers' && !WORKERS.test(path)) report(path, 'not a worker entry');
    if (path.startsWith('test/unit/') && third !== 'workers' && !SRC_FOLDERS.has(third ?? '') && !isTestOfSrcFile(path)) {
      report(path, 'unit tests mirror src');
    }
    if (/^(src|workers|bench|test|\.ci)\//.test(path) && !path.startsWith('test/fixtures/')) {
      for (const name of path.split('/').slice(1)) {
        if (name !== 'README.md' && !KEBAB.test(name)) report(path, `"${name}" is not kebab-case`);
        if (BY_KIND.test(name)) report(path, `"${name}" names a kind, not a topic`);
      }
    }
  }
  return [...new Set([...problems, ...findUnmapped(files)])];
}

const isTestOfSrcFile = (path: string) => SRC_FILES.has(path.replace(/^test\/unit\//, '').replace(/\.test\.ts$/, '.ts'));

/** Once the map exists, every folder of src is on it. */
function findUnmapped(files: Files): string[] {
  const map = files.get('src/README.md');
  if (map === undefined) return [];
  const folders = new Set([...files.keys()].map((path) => /^src\/([^/]+)\//.exec(path)?.[1]));
  return [...folders].filter((name) => name !== undefined && !map.includes(`${name}/`)).map((name) => `src/${name}: not in src/README.md`);
}

t.test('every file has a place and a name the layout knows', async (t) => {
  t.same(findMisplaced(readProjectFiles()), []);
});

t.test('a file in a wrong place or under a wrong name is found', async (t) => {
  const wrong = [
    'notes.md',
    'src/extra.ts',
    'src/models/a.ts',
    'src/base/newId.ts',
    'src/base/utils.ts',
    'src/tasks/helpers/a.ts',
    'src/providers/llms/types/a.ts',
    'test/a.test.ts',
    'test/smoke/a.test.ts',
    'test/unit/nowhere/a.test.ts',
    'workers/mailer.ts',
  ];
  for (const path of wrong) t.match(findMisplaced(new Map([[path, '']])), [path], path);
  const right = ['src/base/new-id.ts', 'test/unit/compose.test.ts', 'test/unit/base/ids.test.ts', 'workers/threads/text.ts', '.ci/run'];
  t.same(findMisplaced(new Map(right.map((path) => [path, '']))), []);
});

t.test('a folder of src that the map does not name is found', async (t) => {
  const files = new Map([
    ['src/README.md', 'base/ is below everything'],
    ['src/base/ids.ts', ''],
    ['src/tasks/task.ts', ''],
  ]);
  t.same(findMisplaced(files), ['src/tasks: not in src/README.md']);
});
