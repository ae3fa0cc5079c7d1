import type { JsonObject } from '../base/json.js';
import type { MetadataFilter } from '../base/metadata.js';
import { readMetadataFilter } from '../base/read-metadata-filter.js';
import type { SearchHit, SearchOptions } from '../knowledge/search/retriever.js';
import { type FieldReader, Problems } from '../protocol/field-reader.js';
import { assertStore } from './document-stores.js';
import { readBody } from './read-members.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** `POST /api/document_stores/{store}/search`: what agents find there. */
export async function searchStore({ knowledge }: StudioPorts, store: string, body: unknown): Promise<StudioResponse> {
  const problems = new Problems();
  const fields = readBody(body, MEMBERS, '{"query": "refund"}', problems);
  const query = fields.text('query');
  if (query === undefined || query === '') fields.problem('query', 'must be what to search for');
  const options: SearchOptions = {
    stores: [store],
    ...defined('limit', fields.count('limit', { min: 1, max: 100 })),
    ...defined('threshold', readThreshold(fields)),
    ...defined('mode', readMode(fields)),
    ...defined('filter', readFilter(fields)),
  };
  problems.throwIfAny();
  assertStore(knowledge, store);
  const hits = await knowledge.retriever.search(query ?? '', options, AbortSignal.timeout(SEARCH_MS));
  return { status: 200, body: { hits: hits.map(viewHit) } };
}

function viewHit(hit: SearchHit): JsonObject {
  return {
    document_id: hit.documentId,
    chunk_index: hit.chunkIndex,
    title: hit.title,
    source_path: hit.sourcePath,
    start_line: hit.startLine,
    end_line: hit.endLine,
    ...(hit.startPage === undefined ? {} : { start_page: hit.startPage, end_page: hit.endPage ?? hit.startPage }),
    ...(hit.section === undefined ? {} : { section: hit.section }),
    score: Math.round(hit.score * 10_000) / 10_000,
    content: hit.content,
    ...(Object.keys(hit.metadata ?? {}).length === 0 ? {} : { metadata: hit.metadata as JsonObject }),
  };
}

function readThreshold(fields: FieldReader): number | undefined {
  const value = fields.value('threshold');
  if (value === undefined || (typeof value === 'number' && value >= 0 && value <= 1)) return value;
  fields.problem('threshold', 'must be a number from 0 to 1');
  return undefined;
}

function readMode(fields: FieldReader): SearchOptions['mode'] {
  const value = fields.text('mode');
  const mode = MODES.find((known) => known === value);
  if (value !== undefined && mode === undefined) fields.problem('mode', `must be one of ${MODES.join(', ')}`);
  return mode;
}

function readFilter(fields: FieldReader): MetadataFilter | undefined {
  const value = fields.value('filter');
  if (value === undefined) return undefined;
  const read = readMetadataFilter(value);
  if (read.type === 'filter') return read.filter;
  fields.problem(read.path === '' ? 'filter' : `filter.${read.path}`, read.problem);
  return undefined;
}

function defined<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [key in K]?: V };
}

const MEMBERS = ['query', 'limit', 'threshold', 'mode', 'filter'];
const MODES = ['vector', 'keyword', 'hybrid'] as const;
const SEARCH_MS = 30_000;
