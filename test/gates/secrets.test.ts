import t from 'tap';
import { type Files, readProjectFiles } from './project.js';

const SECRETS: readonly [name: string, pattern: RegExp][] = [
  ['private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ['model provider key', /\bsk-(ant-|proj-)?[A-Za-z0-9_-]{24,}/],
  ['cloud access key', /\bAKIA[0-9A-Z]{16}\b/],
  ['GitHub token', /\bgh[pousr]_[A-Za-z0-9]{30,}/],
  ['npm token', /\bnpm_[A-Za-z0-9]{30,}|_authToken\s*=/],
  [
    'password in a URL',
    /\b(postgres(ql)?|mysql|mariadb|rediss?|https?):\/\/[^\s:/@'"`$]+:(?!(secret|password|pass|pw|hector|test|x+|\*+)@)[^\s/@'"`$]{6,}@/,
  ],
];
const MACHINE_PATH = /(?<![\w.:/-])\/(work\/|tmp\/w\/|home\/[a-z][\w-]*\/|Users\/[A-Za-z])/;
const REGISTRY_HOST = /https?:\/\/(?!registry\.npmjs\.org)[\w.-]*(registry|artifactory|nexus|verdaccio|mirror|proxy)[\w.-]*/i;
const INSTALL_FILES = /^(package(-lock)?\.json|\.npmrc|\.ci\/.*)$/;

/** What ties the project to one machine, or should never have left one. */
function findLeaks(files: Files): string[] {
  const problems: string[] = [];
  for (const [path, text] of files) {
    text.split('\n').forEach((line, index) => {
      const report = (problem: string) => problems.push(`${path}:${index + 1}: ${problem}`);
      for (const [name, pattern] of SECRETS) if (pattern.test(line)) report(name);
      if (MACHINE_PATH.test(line)) report('path of one machine');
      if (INSTALL_FILES.test(path) && REGISTRY_HOST.test(line)) report('host of one registry');
    });
  }
  return problems;
}

t.test('no secret, machine path or registry host is in the project', async (t) => {
  t.same(findLeaks(readProjectFiles()), []);
});

t.test('each kind of leak is found', async (t) => {
  // Put together here, so that this file passes its own gate.
  const join = (...parts: string[]) => parts.join('');
  const planted: [path: string, text: string, problem: RegExp][] = [
    ['src/a.ts', join('-----BEGIN RSA PRIV', 'ATE KEY-----'), /private key/],
    ['config/a.yaml', join('api_key: sk', '-ant-', 'a1B2c3D4e5'.repeat(3)), /model provider key/],
    ['config/a.yaml', join('AKIA', 'ABCDEFGHIJKLMNOP'), /cloud access key/],
    ['src/a.ts', join('gh', 'p_', 'a'.repeat(36)), /GitHub token/],
    ['.npmrc', join('//host/:_auth', 'Token=abc'), /npm token/],
    ['config/a.yaml', join('url: postgres://hector:', 'hunter2000@db/hector'), /password in a URL/],
    ['src/a.ts', join("open('/wo", "rk/main/x')"), /path of one machine/],
    ['README.md', join('see /ho', 'me/somebody/x'), /path of one machine/],
    ['.npmrc', join('registry=https://npm-pro', 'xy.example/'), /host of one registry/],
  ];
  for (const [path, text, problem] of planted) t.match(findLeaks(new Map([[path, text]])), [problem], text);
});

t.test('ordinary text is no leak', async (t) => {
  const ordinary = ['postgres://hector:secret@localhost/hector', 'https://registry.npmjs.org/', '$OPENAI_API_KEY', 'sk-test', 'a/work/b'];
  for (const text of ordinary) t.same(findLeaks(new Map([['package.json', text]])), [], text);
});
