import { createRequire } from 'node:module';

/**
 * Turns TAP into a list of tests. A test is a `t.test` block without further blocks inside, or a test file that has none.
 * Checks outside of any such block count only when they fail or are skipped; so do timeouts, crashes and broken plans.
 *
 * Returns `{ files, tests }`; a test is `{ file, name, outcome: passed | failed | skipped, reason?, problems }`.
 */
export async function readTap(input) {
  // The parser is the one tap itself brings along.
  const fromTap = createRequire(createRequire(import.meta.url).resolve('tap'));
  const { Parser } = await import(fromTap.resolve('tap-parser'));
  const root = newBlock('');
  const parser = new Parser();
  watch(parser, root);
  let bailedOut;
  parser.on('bailout', (reason) => {
    bailedOut = reason;
  });
  for await (const chunk of input) parser.write(chunk);
  parser.end();
  const tests = root.blocks.flatMap((file) => judgeFile(file));
  const outside = [...root.failures, ...(bailedOut === undefined ? [] : [{ name: `bailed out: ${bailedOut}` }])];
  // A failure of the runner itself, e.g. a signal: it belongs to no file.
  if (outside.length > 0) tests.push({ file: '', name: 'test run', outcome: 'failed', problems: outside });
  return { files: root.blocks.length, tests };
}

const newBlock = (name) => ({ name, blocks: [], failures: [], skips: [], passed: 0, skippedBy: undefined, result: undefined });

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
    block.skippedBy = results.plan?.skipAll ? results.plan.skipReason || results.plan.comment || 'skipped' : undefined;
    block.problems = results.failures?.filter((failure) => failure.tapError) ?? [];
  });
}

function judgeFile(file) {
  const tests = judgeBlock(file, file.name, []);
  if (tests.length > 0) return tests;
  return [{ file: file.name, name: file.name, outcome: 'failed', problems: [{ name: 'the file ran no test' }] }];
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
  if (problems.length === 0 && !inner.some((test) => test.outcome === 'failed')) problems.push(...findEndProblems(block));
  if (problems.length > 0) tests.push(make('failed', { problems }));
  else if (block.blocks.length === 0 && (path.length > 0 ? block.skips.length === 0 : block.passed > 0)) tests.push(make('passed'));
  return tests;
}

/** Everything inside passed, and still it is not well: a timeout, a signal, an exit code, or output cut short. */
function findEndProblems(block) {
  if (block.result === undefined) return [{ name: 'the output ended before the test did' }];
  return block.result.ok ? [] : [{ ...block.result, name: 'passed inside, failed as a whole' }];
}

const NOTHING_RAN = 'no tests found';

function reasonOf(result) {
  if (result?.skip) return result.skip === true ? 'skipped' : result.skip;
  if (result?.todo) return result.todo === true ? 'todo' : `todo: ${result.todo}`;
  return undefined;
}
