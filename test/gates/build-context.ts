/** What `docker build` is sent, as `.dockerignore` says. */
import { readProjectFiles } from './project.js';

/** What the Dockerfile copies comes into the build context, and what must stay here does not. */
export function checkIgnored(ignore: string, dockerfile: string, report: (path: string, problem: string) => void): void {
  const patterns = ignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const isSent = (file: string) =>
    patterns.reduce((sent, pattern) => (toExpression(pattern.replace(/^!/, '')).test(file) ? pattern.startsWith('!') : sent), true);
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));
  const missing = [...ALL_PATHS].filter(
    (file) =>
      copied.some((source) => file === source || file.startsWith(`${source}/`)) && !file.startsWith('config/deploy/') && !isSent(file),
  );
  for (const file of missing.slice(0, 3)) report('.dockerignore', `keeps ${file} out, which the Dockerfile copies`);
  for (const file of NEVER_SENT) if (isSent(file)) report('.dockerignore', `lets ${file} into the build context`);
}

/** As Docker reads it: a pattern is about what it names and all below that. */
function toExpression(pattern: string): RegExp {
  const body = pattern
    .replaceAll(/[.+^$()|[\]{}\\]/g, '\\$&')
    .replaceAll('**/', '\0')
    .replaceAll('*', '[^/]*')
    .replaceAll('\0', '(?:.*/)?');
  return new RegExp(`^${body}(?:/.*)?$`);
}

const ALL_PATHS = new Set(readProjectFiles().keys());
const NEVER_SENT = [
  ...['.env', '.env.local', 'config/.env', 'config/prod/.env.production', '.git/config', 'hector.log', 'notes.txt'],
  ...[
    '.hector/hector.db',
    'config/.hector/config.yaml',
    'src/.tap/x',
    'node_modules/a/index.js',
    'bench/node_modules/a',
    'dist/src/main.js',
  ],
  ...['config/tls/server.key', 'config/server.pem', 'config/deploy/kubernetes/secret.yaml', 'test/state.db'],
];
