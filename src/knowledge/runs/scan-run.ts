/**
 * The scan of a run: walks the source page by page, records what it sees and hands on batches of what changed.
 *
 * 1. It holds one page. While contents that it had to fetch wait for workers in `MAX_OPEN_BATCHES` batches, it stops; references may go
 *    ahead, so that it is soon known how much there is to do.
 * 2. A page is recorded in one transaction with its batches and counts, and only then handed on: whoever takes the run over walks the
 *    source again and passes over what is recorded (I5).
 */
import { describeError } from '../../base/errors.js';
import { faultPoint } from '../../base/fault-points.js';
import type { FailDocument } from '../chunk-store.js';
import type { SourceDocument, SourceFinding } from '../sources/document-source.js';
import type { BatchFeeder } from './batch-feeder.js';
import { comparePage } from './compare-page.js';
import { cutBatches } from './cut-batches.js';
import type { DocumentReference } from './ingest-fence.js';
import type { IngestRun, NewBatch } from './ingest-run.js';
import type { IngestStore } from './ingest-store.js';
import { pageFindings } from './page-findings.js';
import { pollUntil } from './poll-until.js';
import type { RunDependencies } from './run-dependencies.js';
import { scanSource } from './scan-source.js';

/** Folders that could not be listed; `undefined` = nothing may be taken as deleted. @throws what the source throws, and `INGEST_LOST` */
export async function scanRun(
  run: IngestRun,
  store: IngestStore,
  feeder: BatchFeeder,
  dependencies: RunDependencies,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const { runs, chunkStore, clock } = dependencies;
  const unlisted = new Set<string>();
  // Each conductor counts from a place of its own, so that no number comes twice.
  let number = run.epoch * NUMBERS_PER_EPOCH;
  for await (const findings of pageFindings(scanSource(store, run.mode, chunkStore, signal), PAGE, clock)) {
    signal.throwIfAborted();
    for (const finding of findings) if (finding.type === 'problem' && finding.problem.isFolder) unlisted.add(finding.problem.id);
    const batches = await recordFindings(run, store, { findings, nextNumber: () => ++number, feeder }, dependencies);
    await faultPoint('ingest.after-page');
    const fetched = batches.filter(hasContents);
    for (const batch of fetched) await feeder.feed(batch.number, batch.documents);
    const hasRoom = async () => (await runs.batches(run.id, MAX_OPEN_BATCHES)).length < MAX_OPEN_BATCHES;
    if (fetched.length > 0) await pollUntil(hasRoom, clock, signal);
  }
  signal.throwIfAborted();
  return unlisted.has('') || unlisted.size > MAX_UNLISTED ? undefined : [...unlisted];
}

interface Findings {
  readonly findings: readonly SourceFinding[];
  readonly nextNumber: () => number;
  readonly feeder: BatchFeeder;
}

interface Batch {
  readonly number: number;
  readonly documents: readonly SourceDocument[];
}

async function recordFindings(
  run: IngestRun,
  { name, settings, pipeline }: IngestStore,
  { findings, nextNumber, feeder }: Findings,
  { runs, chunkStore, metrics, clock, log }: RunDependencies,
): Promise<readonly Batch[]> {
  const records = await chunkStore.findDocuments(
    name,
    findings.map((finding) => (finding.type === 'document' ? finding.document.id : finding.problem.id)),
  );
  const page = comparePage(findings, records, { run: run.id, mode: run.mode, pipeline });
  const batches = [...cutBatches(page.changed.map(({ document }) => document))].map((documents) => ({ number: nextNumber(), documents }));
  const problems = page.problems.map((problem): FailDocument => {
    const error = describeError(problem.error);
    log.warn({ store: name, document: problem.id, stage: 'scan' }, error);
    metrics.documentFailed(name, 'scan');
    const generation = records.get(problem.id)?.generation ?? 0;
    return { type: 'fail', store: name, id: problem.id, generation, sourcePath: problem.id, stage: 'scan', error };
  });
  const known = page.changed.filter(({ isNew }) => !isNew).map(({ document }) => document);
  for (const batch of batches) if (hasContents(batch)) feeder.reserve(batch.number);
  await runs.recordPage(
    { run: run.id, epoch: run.epoch },
    name,
    {
      collection: settings.collection,
      seen: [...known, ...page.unchanged, ...page.hopeless].map(({ id }) => id),
      added: page.changed.filter(({ isNew }) => isNew).map(({ document: { id } }) => ({ id, sourcePath: id })),
      problems,
      batches: batches.map(toNewBatch),
      counts: {
        total: page.changed.length + page.unchanged.length + page.hopeless.length + problems.length,
        skipped: page.unchanged.length,
        failed: page.hopeless.length + problems.length,
      },
    },
    clock.now(),
  );
  if (page.unchanged.length > 0) metrics.documentsSkipped(name, page.unchanged.length);
  return batches;
}

function hasContents({ documents }: Batch): boolean {
  return documents.some(({ content }) => content !== undefined);
}

function toNewBatch({ number, documents }: Batch): NewBatch {
  return { number, documents: documents.map(({ content: _, ...reference }): DocumentReference => reference) };
}

const PAGE = { maxFindings: 500, maxBytes: 4 * 1024 * 1024, maxWaitMs: 500 };
const MAX_OPEN_BATCHES = 64;
const MAX_UNLISTED = 10_000;
const NUMBERS_PER_EPOCH = 10_000_000;
