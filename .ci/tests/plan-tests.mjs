import { availableParallelism } from 'node:os';
import { SetupError } from '../run-command.mjs';
import { listFiles } from '../setup/build.mjs';

/** Checks that are not test files; each counts as one test. */
export const CHECKS = ['types', 'lint'];

const CORES = availableParallelism();

/** Areas in the order they run. More files at once than cores where they mostly wait: for a disk, a lease, a process that dies. */
const AREAS = [
  { name: 'gates', jobs: CORES, timeoutSeconds: 120 },
  { name: 'unit', jobs: CORES + 1, timeoutSeconds: 120 },
  { name: 'contract', jobs: CORES + 1, timeoutSeconds: 180 },
  { name: 'flow', jobs: CORES + 1, timeoutSeconds: 180 },
  { name: 'protocol', jobs: CORES + 1, timeoutSeconds: 180 },
  { name: 'simulator', jobs: CORES, timeoutSeconds: 600 },
  { name: 'faults', jobs: CORES + 2, timeoutSeconds: 300 },
  // By themselves: what is measured is time.
  { name: 'bench', jobs: 1, timeoutSeconds: 180 },
];

/** The longest, first: begun last, one of them would run alone at the end of its area. */
const SLOW = [
  ...['test/unit/http/drain', 'test/unit/providers/tools/web/web-fetch'],
  ...['test/contract/task-store', 'test/contract/migrations', 'test/contract/session-transfer'],
  ...['test/flow/code-agents', 'test/flow/step-worker', 'test/flow/cli-hector', 'test/flow/stuck-worker'],
  ...['test/protocol/grpc-fuzz', 'test/protocol/push-delivery'],
  ...['test/faults/crash-matrix-servers', 'test/faults/crash-matrix-sqlite', 'test/faults/redis-outage', 'test/faults/code-agents'],
].map((name) => `${name}.test.ts`);

/**
 * What to run: every check and area, or what the arguments name (a check, an area, a folder below `test/`, a test file).
 * Files are compiled ones, listed from the sources, so that nothing stale runs and nothing is forgotten; `strays` are in no area.
 */
export function planTests(root, picks) {
  const sources = listFiles(root, ['test'], ['.test.ts']);
  const strays = sources.filter((path) => !AREAS.some((area) => path.startsWith(`test/${area.name}/`)));
  const isPicked = (path) => picks.length === 0 || picks.some((pick) => covers(pick, path));
  const areas = [];
  for (const area of AREAS) {
    const picked = sources.filter((path) => path.startsWith(`test/${area.name}/`) && isPicked(path));
    const files = [...SLOW.filter((path) => picked.includes(path)), ...picked.filter((path) => !SLOW.includes(path))];
    if (files.length > 0) areas.push({ ...area, files: files.map((path) => `dist/${path.replace(/\.ts$/, '.js')}`) });
  }
  const checks = CHECKS.filter((check) => picks.length === 0 || picks.includes(check));
  for (const pick of picks) {
    const isKnown = checks.includes(pick) || AREAS.some((area) => area.name === pick) || sources.some((path) => covers(pick, path));
    if (!isKnown) {
      throw new SetupError(`"${pick}" is no check, area, folder or test file; areas: ${AREAS.map((area) => area.name).join(', ')}`);
    }
  }
  return { checks, areas, strays };
}

function covers(pick, path) {
  const wanted = pick
    .replace(/^\.\//, '')
    .replace(/^dist\//, '')
    .replace(/\.js$/, '.ts')
    .replace(/\/$/, '');
  return path === wanted || path.startsWith(`${wanted}/`) || path.startsWith(`test/${wanted}/`);
}

/** Whether any planned file may want a database server; gates and most unit tests do not. */
export function needsServers(areas) {
  return areas.some((area) => area.files.some((path) => !/^dist\/test\/(gates|simulator|unit\/(?!storage))/.test(path)));
}
