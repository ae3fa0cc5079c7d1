/** More failed files than this are no accident of a busy machine: none of them runs again. */
const MOST_FILES = 3;

/**
 * Files that failed while others ran beside them run once more, each alone: what passes then leaned on the machine's speed or on a
 * rare order of things. Its verdicts of the second run count, and its first failures stay in the report as `unsteady`, in full, so
 * that somebody mends the test or the race. Checks and gates, which depend on nothing, are never run again.
 *
 * `results`: `[{ area, tests }]`; `run(area, file)` gives the tests of the second run. Returns what became of each: `[{ file, passed }]`.
 */
export async function runAgainAlone(results, run) {
  const failures = [];
  for (const result of results) {
    if (result.area === 'gates') continue;
    const files = new Set(result.tests.filter(({ outcome }) => outcome === 'failed').map(({ file }) => file));
    for (const file of files) failures.push({ result, file });
  }
  if (failures.length > MOST_FILES) return [];
  const again = [];
  for (const { result, file } of failures) {
    const tests = await run(result.area, file);
    const passed = tests.every(({ outcome }) => outcome !== 'failed');
    again.push({ file, passed });
    if (!passed) continue;
    const first = result.tests.filter((test) => test.file === file && test.outcome === 'failed');
    result.unsteady = [...(result.unsteady ?? []), ...first.map((test) => ({ ...test, outcome: 'unsteady' }))];
    result.tests = [...result.tests.filter((test) => test.file !== file), ...tests];
  }
  return again;
}
