/** What a run would do, without doing any of it: nothing is read, embedded or written. */
import { documentKey } from '../chunk-store.js';
import { comparePage } from './compare-page.js';
import type { IngestMode } from './ingest-run.js';
import type { IngestStore } from './ingest-store.js';
import { pageFindings } from './page-findings.js';
import type { RunDependencies } from './run-dependencies.js';
import { scanSource } from './scan-source.js';

export type PlannedAct = 'add' | 'update' | 'keep' | 'remove' | 'fail';

export interface PlannedDocument {
  readonly id: string;
  /** `update`: its version differs, so it is read; with the content that is indexed it is not embedded. `fail`: it has, and is not tried. */
  readonly act: PlannedAct;
}

/**
 * Calls back for every document but those that stay as they are; the result counts all.
 * Holds about 40 bytes per document of the source.
 */
export async function planIngest(
  store: IngestStore,
  mode: IngestMode,
  { chunkStore, clock }: Pick<RunDependencies, 'chunkStore' | 'clock'>,
  onDocument: (document: PlannedDocument) => void,
  signal: AbortSignal,
): Promise<Readonly<Record<PlannedAct, number>>> {
  const counts: Record<PlannedAct, number> = { add: 0, update: 0, keep: 0, remove: 0, fail: 0 };
  const tell = (id: string, act: PlannedAct) => {
    counts[act] += 1;
    if (act !== 'keep') onDocument({ id, act });
  };
  const seen = new Set<number>();
  const unlisted: string[] = [];
  for await (const findings of pageFindings(scanSource(store, mode, chunkStore, signal), PAGE, clock)) {
    signal.throwIfAborted();
    const ids = findings.map((finding) => (finding.type === 'document' ? finding.document.id : finding.problem.id));
    const records = await chunkStore.findDocuments(store.name, ids);
    const fresh = findings.filter((_, index) => !seen.has(mark(documentKey(store.name, ids[index] as string))));
    for (const id of ids) seen.add(mark(documentKey(store.name, id)));
    const page = comparePage(fresh, records, { run: '', mode, pipeline: store.pipeline });
    for (const { document, isNew } of page.changed)
      tell(document.id, isNew || records.get(document.id)?.status === 'removed' ? 'add' : 'update');
    for (const { id } of page.unchanged) tell(id, 'keep');
    for (const { id } of [...page.hopeless, ...page.problems]) tell(id, 'fail');
    for (const { id, isFolder } of page.problems) if (isFolder) unlisted.push(id);
  }
  if (unlisted.includes('')) return counts;
  for (let afterKey = ''; ; ) {
    signal.throwIfAborted();
    const page = await chunkStore.listDocuments(store.name, afterKey, PAGE.maxFindings);
    for (const { id, key } of page) if (!seen.has(mark(key)) && !unlisted.some((folder) => id.startsWith(`${folder}/`))) tell(id, 'remove');
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE.maxFindings) return counts;
    afterKey = last.key;
  }
}

/** 52 bits of the key: of a million documents two meet once in nine thousand plans. */
function mark(key: string): number {
  return Number.parseInt(key.slice(0, 13), 16);
}

const PAGE = { maxFindings: 500, maxBytes: 4 * 1024 * 1024, maxWaitMs: 500 };
