/** One page of a scan against what is recorded. */
import type { DocumentRecord } from '../chunk-store.js';
import { failedStateOf, isSameVersion } from '../document-versions.js';
import type { SourceDocument, SourceFinding, SourceProblem } from '../sources/document-source.js';
import type { IngestMode } from './ingest-run.js';

export interface ComparedPage {
  /** To be worked on, with whether anything is recorded of it. */
  readonly changed: readonly { readonly document: SourceDocument; readonly isNew: boolean }[];
  readonly unchanged: readonly SourceDocument[];
  /** Failed for good before, and the same still. */
  readonly hopeless: readonly SourceDocument[];
  readonly problems: readonly SourceProblem[];
}

export interface Comparison {
  /** '' = a run that has seen nothing. */
  readonly run: string;
  readonly mode: IngestMode;
  readonly pipeline: string;
}

/** Documents that this run has dealt with already are left out (I5). */
export function comparePage(
  findings: readonly SourceFinding[],
  records: ReadonlyMap<string, DocumentRecord>,
  comparison: Comparison,
): ComparedPage {
  const page = { changed: [] as { document: SourceDocument; isNew: boolean }[], unchanged: [] as SourceDocument[] };
  const hopeless: SourceDocument[] = [];
  const problems: SourceProblem[] = [];
  const met = new Set<string>();
  for (const finding of findings) {
    const { id } = finding.type === 'document' ? finding.document : finding.problem;
    const record = records.get(id);
    if (met.has(id) || (record !== undefined && comparison.run !== '' && record.seenRun === comparison.run)) continue;
    met.add(id);
    if (finding.type === 'problem') problems.push(finding.problem);
    else if (record === undefined) page.changed.push({ document: finding.document, isNew: true });
    else {
      const verdict = judge(finding.document, record, comparison);
      if (verdict === 'changed') page.changed.push({ document: finding.document, isNew: false });
      else (verdict === 'unchanged' ? page.unchanged : hopeless).push(finding.document);
    }
  }
  return { ...page, hopeless, problems };
}

function judge(document: SourceDocument, record: DocumentRecord, { mode, pipeline }: Comparison): 'changed' | 'unchanged' | 'hopeless' {
  if (record.status === 'deleted' && isSameVersion(document, record)) return 'unchanged';
  if (mode === 'check' || mode === 'all') return 'changed';
  if (record.status === 'failed' && mode !== 'retry' && record.failedState === failedStateOf(document, pipeline)) return 'hopeless';
  const isIndexed = record.status === 'indexed' && record.pipeline === pipeline;
  return isIndexed && isSameVersion(document, record) ? 'unchanged' : 'changed';
}
