import type { JsonObject } from '../base/json.js';
import { Problems } from '../protocol/field-reader.js';
import { assertStore } from './document-stores.js';
import { readBody } from './read-members.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** `POST /api/document_stores/{store}/search`: what agents find there. */
export async function searchStore({ knowledge }: StudioPorts, store: string, body: unknown): Promise<StudioResponse> {
  const problems = new Problems();
  const fields = readBody(body, ['query', 'limit'], '{"query": "refund"}', problems);
  const query = fields.requiredId('query', 'must be what to search for');
  const limit = fields.count('limit', { min: 1, max: 100 });
  problems.throwIfAny();
  assertStore(knowledge, store);
  const options = { stores: [store], ...(limit === undefined ? {} : { limit }) };
  const hits = await knowledge.retriever.search(query, options, AbortSignal.timeout(SEARCH_MS));
  return {
    status: 200,
    body: {
      hits: hits.map(
        (hit): JsonObject => ({
          document_id: hit.documentId,
          chunk_index: hit.chunkIndex,
          title: hit.title,
          source_path: hit.sourcePath,
          start_line: hit.startLine,
          end_line: hit.endLine,
          score: Math.round(hit.score * 10_000) / 10_000,
          content: hit.content,
        }),
      ),
    },
  };
}

const SEARCH_MS = 30_000;
