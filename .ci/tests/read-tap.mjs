import { createRequire } from 'node:module';

/**
 * Turns the TAP of one test file into a list of tests. A test is a `t.test` block without further blocks inside, or a file
 * that has none. Checks outside of any such block count only when they fail or are skipped; so do timeouts, crashes and
 * broken plans. `failure` says what was wrong with the process, if anything: it counts against the file when no test does.
 *
 * A test is `{ file, name, outcome: passed | failed | skipped, reason?, problems }`.
 */
export async function readTap(text, file, failure) {
  // The parser is the one tap itself brings along.
  const fromTap = createRequire(createRequire(import.meta.url).resolve('tap'));
  const { Parser } = await import(fromTap.resolve('tap-parser'));
  const parser = new Parser();
  const block = newBlock(file);
  watch(parser, block);
  parser.on('bailout', (reason) => {
    block.failures.push({ name: `bailed out: ${reason}` });
  });
  parser.end(text);
  block.result = { ok: failure === undefined, name: failure };
  const tests = judgeBlock(block, file, []);
  return tests.length > 0 ? tests : [{ file, name: file, outcome: 'failed', problems: [{ name: 'no check ran' }] }];
}

const newBlock = (name) => ({ name, blocks: [], failures: [], skips: [], passed: 0 });

function watch(parser, block) {
  let open;
  parser.on('child', (child) => {
    open = newBlock(child.name);
    block.blocks.push(open);
    watch(child, open);
  });
  parser.on('assert', (result) => {
    // The point after a child's own lines is the child's verdict.
    if (open !== undefined) {
      open.result = result;
      open = undefined;
    } else if (result.skip || result.todo) block.skips.push(result);
    else if (result.ok) block.passed++;
    else block.failures.push(result);
  });
  parser.on('complete', (results) => {
    block.skippedBy = results.plan?.skipAll ? results.plan.skipReason || results.plan.comment || NOTHING_RAN : undefined;
    block.problems = results.failures?.filter((failure) => failure.tapError) ?? [];
  });
}

function judgeBlock(block, file, path) {
  const name = path.join(' > ') || file;
  const make = (outcome, more = {}) => ({ file, name, outcome, problems: [], ...more });
  const skipReason = block.result?.ok ? (block.skippedBy ?? reasonOf(block.result)) : undefined;
  // What tap forgives: a test without a check cannot fail, so it proves nothing.
  if (skipReason === NOTHING_RAN) return [make('failed', { problems: [{ name: 'no check ran' }] })];
  if (skipReason !== undefined) return [make('skipped', { reason: skipReason })];
  const inner = block.blocks.flatMap((child) => judgeBlock(child, file, [...path, child.name]));
  const tests = [...inner];
  for (const skip of block.skips) tests.push(make('skipped', { name: [...path, skip.name].join(' > '), reason: reasonOf(skip) }));
  const problems = [...block.failures, ...(block.problems ?? []).map((problem) => ({ name: problem.tapError, diag: problem }))];
  if (problems.length === 0 && !inner.some((test) => test.outcome === 'failed')) problems.push(...findEndProblems(block, path));
  if (problems.length > 0) tests.push(make('failed', { problems }));
  else if (block.blocks.length === 0 && (path.length > 0 ? block.skips.length === 0 : block.passed > 0)) tests.push(make('passed'));
  return tests;
}

/** Everything inside passed, and still it is not well: a timeout, a signal, an exit code, or output cut short. */
function findEndProblems(block, path) {
  if (block.result === undefined) return [{ name: 'the output ended before the test did' }];
  if (block.result.ok) return [];
  return [path.length === 0 ? block.result : { ...block.result, name: 'passed inside, failed as a whole' }];
}

const NOTHING_RAN = 'no tests found';

function reasonOf(result) {
  if (result?.skip) return result.skip === true ? 'skipped' : result.skip;
  if (result?.todo) return result.todo === true ? 'todo' : `todo: ${result.todo}`;
  return undefined;
}
