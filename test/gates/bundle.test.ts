/** How dist/bundle is made: complete, at once, and without pulling parts from under a program that runs. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { ROOT } from './project.js';

interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}
const { bundle } = (await import(pathToFileURL(join(ROOT, '.ci/setup/bundle.mjs')).href)) as { bundle(root: string): Promise<Outcome> };

const THREADS = ['src/providers/tools/adapters/web/page-thread.ts', 'src/providers/tools/adapters/files/grep-thread.ts'];
const PROGRAM = "import { say } from './say.js';\nsay();\n";

/** A project as small as can be, at the places where the bundle looks. */
function createProject(t: Test, files: Readonly<Record<string, string>> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'hector-bundle-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const empty = [...['agent', 'ingest', 'keeper', 'threads/text'].map((name) => `workers/${name}.ts`), ...THREADS];
  const whole = { ...Object.fromEntries(empty.map((path) => [path, ''])), 'src/main.ts': PROGRAM, 'src/index.ts': PROGRAM, ...files };
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('package.json', '{"type":"module"}');
  for (const [path, text] of Object.entries(whole)) write(path, text);
  const say = (text: string) => write('src/say.ts', `export function say(): void {\n  process.stdout.write('${text}');\n}\n`);
  say('one');
  const folder = join(root, 'dist/bundle/parts/shared');
  /** Those with `say`, which several programs share. */
  const parts = () =>
    readdirSync(folder).filter((name) => /^chunk-.*\.js$/.test(name) && readFileSync(join(folder, name), 'utf8').includes('stdout'));
  const run = () => execFileSync(process.execPath, [join(root, 'dist/bundle/main.js')], { encoding: 'utf8' });
  return { root, say, parts, run };
}

t.test('the bundle follows the sources; parts of the bundle before stay for those who run from it, older ones go', async (t) => {
  const { root, say, parts, run } = createProject(t);
  const seen: string[][] = [];
  for (const text of ['one', 'two', 'two', 'three']) {
    say(text);
    t.same(await bundle(root), { ok: true, output: '' });
    t.equal(run(), text);
    seen.push(parts());
  }
  const [first = [], second = [], same = [], third = []] = seen;
  t.equal(first.length, 1);
  t.equal(second.length, 2);
  t.ok(second.includes(first[0] as string), 'the one before');
  t.same(same, second, 'nothing changed, nothing goes');
  t.equal(third.length, 2);
  t.notOk(third.includes(first[0] as string), 'two before');
  for (const path of ['index.js', 'workers/agent.js', 'workers/threads/text.js', 'parts/shared/page-thread.js', 'main.js.map'])
    t.ok(existsSync(join(root, 'dist/bundle', path)), path);
});

t.test('sources that do not compile leave the bundle as it is, and are told with their place', async (t) => {
  const { root, say, run } = createProject(t);
  await bundle(root);
  say("', + }");
  const { ok, output } = await bundle(root);
  t.equal(ok, false);
  t.match(output, /src\/say\.ts:2:/);
  t.equal(run(), 'one');
});

t.test('a source that looks beside itself, and would be somewhere else, is refused', async (t) => {
  const { root } = createProject(t, { 'src/main.ts': "process.stdout.write(String(new URL('./say.js', import.meta.url)));\n" });
  t.match(await bundle(root), { ok: false, output: /import\.meta\.url outside parts\/shared.*src\/main\.ts/ });
});
