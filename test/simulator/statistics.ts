/** What happened in many histories. Whatever never happens is not tested, and a simulator that does not bite is broken. */
import { FAULTS } from './plan.js';
import type { RunSummary } from './run-many.js';

/** Each must happen in any thousand histories. */
const EXPECTED = [
  ...FAULTS,
  ...['sql-refused', 'lost-acknowledgement', 'late-transaction', 'lost-announcement'],
  ...['takeovers', 'fenced-commits', 'runs-held', 'runs-resumed', 'runs-expired', 'canceled'],
  ...['sent-again', 'stream-reconnects', 'approvals', 'unknown-outcomes'],
  ...['branches', 'joins', 'branch-answers'],
  ...['effect-pure', 'effect-idempotent', 'effect-once'],
];

export function findMissing(counts: ReadonlyMap<string, number>): readonly string[] {
  return EXPECTED.filter((name) => !counts.has(name));
}

export function describeSummary({ histories, events, seconds, counts }: RunSummary): string {
  const rate = (histories / seconds).toFixed(1);
  const list = [...counts].sort().map(([name, count]) => `  ${name} ${count}`);
  return [`${histories} histories, ${events} events, ${seconds.toFixed(1)} s: ${rate} histories/s`, ...list].join('\n');
}
