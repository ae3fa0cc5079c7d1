import { AppError } from '../../base/errors.js';
import type { ChunkStore } from '../chunk-store.js';
import type { FindVersions, SourceFinding } from '../sources/document-source.js';
import type { IngestMode } from './ingest-run.js';
import type { IngestStore } from './ingest-store.js';

/** What the source has, as far as it can be kept; a run that is to read everything knows no versions. */
export async function* scanSource(
  store: Pick<IngestStore, 'name' | 'source'>,
  mode: IngestMode,
  chunkStore: Pick<ChunkStore, 'findDocuments'>,
  signal: AbortSignal,
): AsyncGenerator<SourceFinding> {
  for await (const finding of findAll(store, mode, chunkStore, signal)) yield isNameable(finding) ? finding : unnameable(finding);
}

function findAll(
  { name, source }: Pick<IngestStore, 'name' | 'source'>,
  mode: IngestMode,
  chunkStore: Pick<ChunkStore, 'findDocuments'>,
  signal: AbortSignal,
): AsyncIterable<SourceFinding> {
  if (mode === 'all' || mode === 'check') return source.scan(signal);
  const findVersions: FindVersions = async (ids) => {
    const records = await chunkStore.findDocuments(name, ids);
    return new Map([...records].flatMap(([id, { status, sourceVersion }]) => (status === 'indexed' ? [[id, sourceVersion] as const] : [])));
  };
  return source.scan(signal, findVersions);
}

function isNameable(finding: SourceFinding): boolean {
  return !idOf(finding).includes('\u0000');
}

/** No text of PostgreSQL holds such an id: it would take the whole page of the scan with it. */
function unnameable(finding: SourceFinding): SourceFinding {
  const id = idOf(finding).replaceAll('\u0000', '\ufffd');
  const message = `'${id}' has a NUL in its id, which cannot be kept; give it another one at its source`;
  const error = new AppError('DOCUMENT_SOURCE_UNREADABLE', { message });
  return { type: 'problem', problem: { id, path: id, isFolder: finding.type === 'problem' && finding.problem.isFolder, error } };
}

function idOf(finding: SourceFinding): string {
  return finding.type === 'document' ? finding.document.id : finding.problem.id;
}
