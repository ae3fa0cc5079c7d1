import t from 'tap';
import { readProjectFiles } from './project.js';
import { findSourceProblems } from './source-rules.js';

const SOURCES = /^(src|workers|bench|test|\.ci)\/.*\.(ts|mjs)$/;

t.test('no console, environment, default export, barrel or loose end where it does not belong', async (t) => {
  const problems = [...readProjectFiles(SOURCES)].flatMap(([path, text]) => findSourceProblems(path, text));
  t.same(problems, []);
});

t.test('each rule finds its violation', async (t) => {
  const loose = ['// TO', 'DO later'].join('');
  const planted: [path: string, text: string, problem: RegExp][] = [
    ['src/tasks/a.ts', "console.log('x');", /console outside/],
    ['src/tasks/a.ts', 'const { log } = console;', /console outside/],
    ['workers/agent.ts', 'console.error(1);', /console outside/],
    ['src/tasks/a.ts', 'export const home = process.env.HOME;', /process\.env outside/],
    ['src/tasks/a.ts', "export const home = process['env'].HOME;", /process\.env outside/],
    ['src/tasks/a.ts', 'const { env } = process;', /process\.env outside/],
    ['src/tasks/a.ts', "import { env } from 'node:process';", /process\.env outside/],
    ['workers/agent.ts', 'start(process.env);', /process\.env outside/],
    ['src/tasks/a.ts', "import { AsyncLocalStorage } from 'node:async_hooks';", /async_hooks outside/],
    ['src/tasks/a.ts', 'export default function run() {}', /default export/],
    ['src/tasks/a.ts', 'export default 1;', /default export/],
    ['src/tasks/a.ts', 'const a = 1; export { a as default };', /default export/],
    ['src/tasks/index.ts', "export * from './a.js'; export { b } from './b.js';", /barrel/],
    ['test/unit/a.test.ts', loose, /loose end/],
  ];
  for (const [path, text, problem] of planted) t.match(findSourceProblems(path, text), [problem], `${path}: ${text}`);
});

t.test('what is allowed stays allowed', async (t) => {
  const allowed: [path: string, text: string][] = [
    ['src/cli/serve.ts', "console.log('ready');"],
    ['src/config/environment.ts', 'export const read = () => process.env;'],
    ['workers/threads/text.ts', 'export default function run() {}'],
    ['src/base/scope.ts', "import { AsyncLocalStorage } from 'node:async_hooks';"],
    ['src/index.ts', "export { serve } from './compose.js';"],
    ['src/studio/a.ts', 'export const panels = { console: 1 }; panels.console++;'],
    ['src/tasks/a.ts', `// ${['TO', 'DO'].join('')} #12: fold this in`],
    ['test/unit/a.test.ts', 'process.env.X; console.log(1);'],
  ];
  for (const [path, text] of allowed) t.same(findSourceProblems(path, text), [], `${path}: ${text}`);
});
