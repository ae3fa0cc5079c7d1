/** The part of a run worth reading: skips with their reasons, then what failed beside others and passed alone, then failures, both in full. */
export function printReport(results) {
  const tests = results.flatMap((result) => result.tests.map((test) => ({ ...test, area: result.area })));
  printSkips(tests.filter((test) => test.outcome === 'skipped'));
  for (const test of results.flatMap(({ unsteady = [] }) => unsteady))
    printFailure(test, 'UNSTEADY, failed beside others and passed alone:');
  for (const test of tests.filter((test) => test.outcome === 'failed')) printFailure(test, 'FAILED');
}

export function countOutcomes(results) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { tests } of results) for (const test of tests) counts[test.outcome]++;
  return counts;
}

/** The last line of every run. */
export function describeCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** A skip because a server is not on the machine says so in its reason; in CI that is a failure, not an excuse. */
export function failAbsences(results) {
  for (const { tests } of results) {
    for (const test of tests) {
      if (test.outcome !== 'skipped' || !ABSENCE.test(test.reason)) continue;
      test.outcome = 'failed';
      test.problems = [{ name: `skipped with CI=true: ${test.reason}` }];
    }
  }
}

const ABSENCE = /\bis not installed\b|^needs /i;

function printSkips(skips) {
  const byReason = new Map();
  for (const test of skips) byReason.set(test.reason, [...(byReason.get(test.reason) ?? []), test]);
  for (const [reason, group] of byReason) console.log(`\nskipped ${group.length}: ${reason}`);
}

function printFailure(test, verdict) {
  console.log(`\n${verdict} ${sourcePath(test.file) || test.area}\n  ${test.name === test.file ? '(the file itself)' : test.name}`);
  for (const problem of test.problems) {
    console.log(indent(problem.name || 'not ok', 4));
    const text = describeDiagnostics(problem.diag);
    if (text !== '') console.log(indent(text, 6));
  }
  if (test.log) console.log(indent(`stderr:\n${test.log.trimEnd()}`, 4));
}

function describeDiagnostics(diag) {
  if (diag === undefined || diag === null) return '';
  const lines = [];
  if (diag.message) lines.push(String(diag.message));
  if (diag.diff) lines.push(String(diag.diff).trimEnd());
  else if ('found' in diag || 'wanted' in diag) lines.push(`found:  ${show(diag.found)}`, `wanted: ${show(diag.wanted)}`);
  for (const key of ['exitCode', 'signal', 'timeout', 'expired', 'code', 'problems', 'test', 'command']) {
    if (diag[key] !== undefined && diag[key] !== null) lines.push(`${key}: ${show(diag[key])}`);
  }
  if (diag.cause) lines.push(`cause: ${diag.cause.message ?? show(diag.cause)}`);
  const at = diag.at?.fileName && `${diag.at.fileName}:${diag.at.lineNumber}`;
  if (diag.stack) lines.push(String(diag.stack).trimEnd());
  else if (at) lines.push(`at ${at}`);
  if (lines.length === 0) lines.push(show(diag));
  return lines.join('\n');
}

const show = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
const indent = (text, width) => text.replace(/^/gm, ' '.repeat(width));
const sourcePath = (file) => file.replace(/^dist\//, '').replace(/\.js$/, '.ts');
