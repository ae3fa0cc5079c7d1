import t from 'tap';
import { CRASH_TABLE_FILE, findCrashTable, listTabledPoints } from '../support/crash-table.js';
import { OUTSIDE_POINTS } from '../support/effect-server.js';
import { listFaultPoints } from '../support/list-fault-points.js';
import { type Files, readProjectFiles } from './project.js';

/** Of other protocols: a test names each of them instead. */
const ELSEWHERE = /^(ingest|session-transfer|push|config)\./;

/** A fault point of the step protocol that no crash was tried at, and a line about one that is gone. */
function findUntried(sources: Files, tests: Files, table: string): string[] {
  const points = listFaultPoints(sources);
  const tabled = listTabledPoints(table);
  const problems: string[] = [];
  for (const point of points) {
    if (ELSEWHERE.test(point)) {
      if (![...tests.values()].some((text) => text.includes(point))) problems.push(`${point}: no test kills a process there`);
    } else if (!tabled.includes(point)) problems.push(`${point}: not in ${CRASH_TABLE_FILE}; 'npm run crash-table' tries it`);
  }
  const known = [...points, ...Object.values(OUTSIDE_POINTS)];
  for (const point of tabled) if (!known.includes(point)) problems.push(`${point}: in ${CRASH_TABLE_FILE}, but not in the code`);
  return problems;
}

t.test('every fault point of the step protocol is in the table of crashes', async (t) => {
  const table = findCrashTable(readProjectFiles(/^src\/steps\/crash-points\.md$/).get(CRASH_TABLE_FILE) ?? '');
  t.ok(table, `${CRASH_TABLE_FILE} has the table`);
  t.same(findUntried(readProjectFiles(/^src\/.*\.ts$/), readProjectFiles(/^test\/.*\.test\.ts$/), table ?? ''), []);
});

t.test('a fault point without a line, and a line without a fault point, are found', async (t) => {
  const sources = new Map([
    ['src/a.ts', "await faultPoint('a.before'); await faultPoint('ingest.a');"],
    ['src/b.ts', "await faultPoint(`store.${name}.after`); return this.#write(\n'take', () => {});"],
  ]);
  const tests = new Map([['test/a.test.ts', "kill('ingest.a')"]]);
  t.same(findUntried(sources, tests, '| `a.before` | x |\n| `store.take.after` (2) | x |'), []);
  t.match(findUntried(sources, tests, '| `a.before` | x |'), [/store\.take\.after: not in/]);
  t.match(findUntried(sources, new Map(), '| `a.before` | x |\n| `store.take.after` | x |'), [/ingest\.a: no test/]);
  t.match(findUntried(sources, tests, '| `a.before` | |\n| `gone` | |\n| `store.take.after` | |'), [/gone: .* not in the code/]);
});
