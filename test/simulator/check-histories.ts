import type { Test } from 'tap';
import { describeBroken, runMany } from './run-many.js';
import { describeSummary, findMissing } from './statistics.js';

/** Every second seed from `from` on: two files share the seeds, and run side by side. */
export async function checkHistories(t: Test, from: 1 | 2, histories: number): Promise<void> {
  const summary = await runMany({ from, histories, stride: 2 });
  t.comment(describeSummary(summary));
  if (summary.broken !== undefined) t.fail(describeBroken(summary.broken));
  else t.same(findMissing(summary.counts), [], 'every kind of fault and of recovery happened');
}
