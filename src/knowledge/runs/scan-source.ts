import type { ChunkStore } from '../chunk-store.js';
import type { FindVersions, SourceFinding } from '../sources/document-source.js';
import type { IngestMode } from './ingest-run.js';
import type { IngestStore } from './ingest-store.js';

/** What the source has; a run that is to read everything knows no versions. */
export function scanSource(
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
