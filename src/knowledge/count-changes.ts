import type { ChangeOutcome, DocumentChange } from './chunk-store.js';
import type { IngestCounts } from './runs/ingest-run.js';

/** What a commit adds to its run's counts. */
export function countChanges(changes: readonly DocumentChange[], outcomes: readonly ChangeOutcome[]): Omit<IngestCounts, 'total'> {
  const counts = { done: 0, skipped: 0, failed: 0, removed: 0, chunks: 0 };
  changes.forEach((change, index) => {
    if (change.type === 'remove') counts.removed += outcomes[index] === 'committed' ? 1 : 0;
    // Somebody else has changed the document meanwhile: its newer state stands, this run has nothing to add.
    else if (outcomes[index] !== 'committed' || change.type === 'touch' || change.type === 'describe') counts.skipped += 1;
    else if (change.type === 'fail') counts.failed += 1;
    else {
      counts.done += 1;
      counts.chunks += change.chunks.length;
    }
  });
  return counts;
}
