import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { listProjectFiles, ROOT, readProjectFiles } from './project.js';

interface Rule {
  readonly name: string;
  readonly from: { readonly path?: string };
}
interface Report {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly to: string; readonly rule: { readonly name: string } }[];
  };
}

const CONFIG = join(ROOT, '.dependency-cruiser.cjs');
const PROGRAM = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const { forbidden: rules } = createRequire(import.meta.url)(CONFIG) as { forbidden: readonly Rule[] };

/** Runs the rules the way a person would, over the code folders below `root`. */
function checkImports(root: string): { sources: string[]; violations: string[] } {
  const folders = ['src', 'workers', 'bench', 'test'].filter((folder) => existsSync(join(root, folder)));
  const args = [PROGRAM, '--config', CONFIG, '--output-type', 'json', ...folders];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28, timeout: 60_000 });
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser gave no report: ${stderr}`);
  const { modules, summary } = JSON.parse(stdout) as Report;
  return {
    sources: modules.map(({ source }) => source),
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
  };
}

/** A project of its own with these files, under the same settings and with the packages that are installed here. */
function plantProject(files: ReadonlyMap<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'hector-imports-'));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  for (const name of ['package.json', 'tsconfig.json']) copyFileSync(join(ROOT, name), join(root, name));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** For each rule: a file that breaks it, and what that file imports. */
const VIOLATIONS: readonly [rule: string, from: string, imports: string][] = [
  ['no-cycle', 'src/base/clock.ts', './ids.js'],
  ['resolvable', 'src/base/ids.ts', './nowhere.js'],
  ['storage-from-compose-only', 'workers/keeper.ts', '../src/storage/sql/store.js'],
  ['storage-implements-contracts', 'src/storage/redis/feed.ts', '../../a2a/part.js'],
  ['compose-below-cli', 'src/compose.ts', './cli/part.js'],
  ['main-hands-over', 'src/main.ts', './runtime/part.js'],
  ['nobody-imports-an-entry', 'src/cli/serve.ts', '../main.js'],
  ['no-tests-in-the-product', 'src/tasks/task.ts', '../../test/support/rig.js'],
  ['contracts-have-no-behaviour', 'src/providers/tools/contract.ts', './registry.js'],
  ['adapters-by-registry-only', 'src/agents/agent.ts', '../providers/llms/adapters/openai/model.js'],
  ['adapters-by-own-registry', 'src/providers/tools/registry.ts', '../llms/adapters/openai/model.js'],
  ['adapters-know-no-other', 'src/providers/llms/adapters/ollama.ts', './openai/model.js'],
  ['library-has-a-home', 'src/http/server.ts', 'tap'],
  ['declared-dependency', 'src/http/routes.ts', 'typescript'],
  // each folder looks one row up
  ...['base', 'protocol', 'observe', 'config', 'tasks', 'providers', 'threads', 'access', 'memory', 'knowledge', 'agents'].map(
    (folder): [string, string, string] => [`down-only-${folder}`, `src/${folder}/low.ts`, '../runtime/part.js'],
  ),
  ['down-only-runtime', 'src/runtime/low.ts', '../a2a/part.js'],
  ['down-only-steps', 'src/steps/low.ts', '../a2a/part.js'],
  ['down-only-a2a', 'src/a2a/low.ts', '../http/part.js'],
  ['down-only-studio', 'src/studio/low.ts', '../storage/sql/store.js'],
  ['down-only-http', 'src/http/low.ts', '../compose.js'],
  ['down-only-grpc', 'src/grpc/low.ts', '../cli/part.js'],
  // each library where it is not at home
  ...rules.flatMap(({ name }): [string, string, string][] => {
    const library = /^library-(?!has-a-home)(.+)$/.exec(name)?.[1];
    return library === undefined ? [] : [[name, `src/runtime/use-${library.replaceAll(/[^a-z0-9]/gi, '-').toLowerCase()}.ts`, library]];
  }),
];

/** What the violations point at. */
const TARGETS: readonly [path: string, imports: readonly string[]][] = [
  ['src/base/ids.ts', ['./clock.js']],
  ['src/runtime/part.ts', []],
  ['src/a2a/part.ts', []],
  ['src/http/part.ts', []],
  ['src/cli/part.ts', []],
  ['src/storage/sql/store.ts', []],
  ['src/providers/llms/adapters/openai/model.ts', []],
  ['src/providers/llms/registry.ts', ['./adapters/openai/model.js']],
  ['test/support/rig.ts', []],
];

function writeSources(): Map<string, string> {
  const imports = new Map<string, string[]>(TARGETS.map(([path, targets]) => [path, [...targets]]));
  for (const [, from, target] of VIOLATIONS) imports.set(from, [...(imports.get(from) ?? []), target]);
  // Type-only, plain and lazy imports take turns: every form counts.
  const forms = [
    (target: string) => `import type * as a from '${target}';\nexport type A = typeof a;\n`,
    (target: string) => `import * as b from '${target}';\nexport const c = b;\n`,
    (target: string) => `export const load = () => import('${target}');\n`,
  ];
  let turn = 0;
  const write = (targets: string[]) =>
    targets.map((target) => forms[turn++ % forms.length]?.(target)).join('') || 'export const part = 1;\n';
  return new Map([...imports].map(([path, targets]) => [path, write(targets)]));
}

t.test('imports point down only, and each library is seen from its one folder', async (t) => {
  const { sources, violations } = checkImports(ROOT);
  t.same(violations, []);
  const ours = listProjectFiles().filter((path) => /^(src|workers)\/.*\.ts$/.test(path));
  t.same(
    ours.filter((path) => !sources.includes(path)),
    [],
    'every source was looked at',
  );
});

t.test('each import rule finds its violation, in a type-only, a plain or a lazy import', async (t) => {
  const root = plantProject(writeSources());
  t.teardown(() => rmSync(root, { recursive: true }));
  const { violations } = checkImports(root);
  for (const [rule, from] of VIOLATIONS) {
    t.ok(
      violations.some((violation) => violation.startsWith(`${rule}: ${from} -> `)),
      `${rule} finds ${from}`,
    );
  }
  t.same(
    rules.map(({ name }) => name).filter((name) => !VIOLATIONS.some(([rule]) => rule === name)),
    [],
    'no rule goes unproven',
  );
  const innocent = violations.filter((violation) =>
    /: (src\/(runtime|a2a|http|cli)\/part|src\/providers\/llms\/registry)\.ts -> /.test(violation),
  );
  t.same(innocent, [], 'what keeps the rules is left alone');
});

t.test('every dependency of package.json has its one place in the rules', async (t) => {
  const manifest = JSON.parse(readProjectFiles(/^package\.json$/).get('package.json') ?? '{}') as { dependencies: Record<string, string> };
  const homeless = Object.keys(manifest.dependencies).filter((name) => !rules.some((rule) => rule.name === `library-${name}`));
  t.same(homeless, []);
});
