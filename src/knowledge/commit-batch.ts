/** The commits of one batch: documents with their chunks, what is left of the batch, and the run's counts, together (I4). */
import { toAppError } from '../base/errors.js';
import { faultPoint } from '../base/fault-points.js';
import type { ChangeOutcome, DocumentChange } from './chunk-store.js';
import { countChanges } from './count-changes.js';
import { failDocument } from './fail-document.js';
import type { BatchOptions, DocumentWork } from './ingest-options.js';
import { tryAgain } from './retry-document.js';
import type { DocumentReference } from './runs/ingest-fence.js';

export async function commitBatch(
  options: BatchOptions,
  works: readonly DocumentWork[],
  changes: readonly DocumentChange[],
  signal: AbortSignal,
): Promise<void> {
  const left = new Map<string, DocumentReference>();
  for (const { document } of works) {
    const { content: _, ...reference } = document;
    left.set(document.id, reference);
  }
  for (const part of byChunks(changes)) {
    await faultPoint('ingest.before-commit');
    await commitPart({ ...options, left }, part, signal);
    await faultPoint('ingest.after-commit');
  }
}

interface PartOptions extends BatchOptions {
  /** Of the batch, not committed yet. */
  readonly left: Map<string, DocumentReference>;
}

/** One transaction; when the database refuses it for good, one per document, so that only the culprit fails. */
async function commitPart(options: PartOptions, changes: readonly DocumentChange[], signal: AbortSignal): Promise<void> {
  const { chunkStore, collection, batch, left, clock } = options;
  const ids = new Set(changes.map((change) => change.id));
  const rest = [...left.values()].filter((document) => !ids.has(document.id));
  // In place: what was embedded is not embedded again because the database was busy.
  const tried = await tryAgain(
    () => chunkStore.commit(collection, changes, clock.now(), { type: 'batch', ...batch, left: rest }),
    options,
    signal,
  );
  if (tried.type === 'done') {
    tell(options, changes, tried.value);
    for (const id of ids) left.delete(id);
    return;
  }
  const { error } = tried;
  const { disposition } = toAppError(error);
  const [only] = changes;
  if (disposition === 'retry' || disposition === 'cancelled' || only === undefined || only.type === 'fail') throw error;
  if (changes.length > 1) {
    for (const change of changes) await commitPart(options, [change], signal);
    return;
  }
  const document = left.get(only.id);
  if (document === undefined) throw error;
  await commitPart(
    options,
    [failDocument(options, document, { generation: only.generation, stage: 'commit', error, tries: tried.tries })],
    signal,
  );
}

function tell({ store, metrics, onCommit }: PartOptions, changes: readonly DocumentChange[], outcomes: readonly ChangeOutcome[]): void {
  const { skipped } = countChanges(changes, outcomes);
  if (skipped > 0) metrics.documentsSkipped(store, skipped);
  changes.forEach((change, index) => {
    if (change.type === 'index' && outcomes[index] === 'committed') metrics.documentIndexed(store, change.chunks.length);
  });
  if (changes.some(({ type }) => type === 'index' || type === 'describe')) onCommit?.();
}

/** Transactions of a bounded number of chunks; a larger document has one of its own (it must be one). */
function* byChunks(changes: readonly DocumentChange[]): Generator<readonly DocumentChange[]> {
  let part: DocumentChange[] = [];
  let chunks = 0;
  for (const change of changes) {
    const more = change.type === 'index' ? change.chunks.length : 0;
    if (part.length > 0 && chunks + more > COMMIT_CHUNKS) {
      yield part;
      part = [];
      chunks = 0;
    }
    part.push(change);
    chunks += more;
  }
  if (part.length > 0) yield part;
}

/** Keeps a transaction, which in SQLite holds the only write lock, to a few milliseconds. */
const COMMIT_CHUNKS = 128;
