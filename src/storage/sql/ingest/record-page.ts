import { documentKey } from '../../../knowledge/chunk-store.js';
import type { RunFence } from '../../../knowledge/runs/ingest-fence.js';
import { batchKey, type ScanPage } from '../../../knowledge/runs/ingest-run.js';
import type { SqlDialect } from '../dialects/dialect.js';
import { commitChanges } from '../knowledge-commit.js';
import { blankDocument, documentShape, documentTuple, keyOf, parts } from '../knowledge-rows.js';
import { type Program, rowsOf, rowsOfAll } from '../query.js';
import { batchShape } from './ingest-rows.js';
import { passFence } from './pass-fence.js';

/** One transaction: what a page of the scan showed, the batches made of it and the counts (I4, I5). */
export function* recordPage(dialect: SqlDialect, fence: RunFence, store: string, page: ScanPage, at: number): Program<void> {
  // Also without a problem: it creates and locks the collection's row, as every other writer does first.
  yield* commitChanges(dialect, page.collection, page.problems, at);
  const collectionKey = keyOf(page.collection);
  const added = page.added.map(({ id, sourcePath }) => ({
    ...blankDocument(store, id, collectionKey, at),
    source_path: sourcePath,
    seen_run: fence.run,
  }));
  if (added.length > 0) yield* rowsOfAll(dialect.rows.insertMissing(documentShape, added.map(documentTuple)));
  const seen = [...page.seen, ...page.problems.map((problem) => problem.id)].map((id) => documentKey(store, id)).sort();
  for (const keys of parts(seen, 200))
    yield* rowsOf({
      sql: `UPDATE documents SET seen_run = ? WHERE document_key IN (${keys.map(() => '?').join(', ')})`,
      parameters: [fence.run, ...keys],
    });
  const batches = page.batches.map(({ number, documents }) => [
    batchKey(fence.run, number),
    fence.run,
    number,
    0,
    JSON.stringify(documents),
  ]);
  if (batches.length > 0) yield* rowsOfAll(dialect.rows.insert(batchShape, batches));
  yield* passFence(dialect, { type: 'run', ...fence }, page.counts, at);
}
