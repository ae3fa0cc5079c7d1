/**
 * Qdrant by its REST API, 1.10 or later (VEC-02). Entries have one named vector; the record is a point without it, which no search finds. Each
 * field gets an index with its first value: clusters in strict mode refuse to filter by others.
 */

import type { AdapterOptions } from '../../outside/adapter-options.js';
import { encodeVector } from '../../outside/encode-vector.js';
import { createExchange, type ServiceRequest } from '../../outside/exchange.js';
import { findText, listIn, numberIn, objectIn, textIn } from '../../outside/fields-of-answer.js';
import { orMissing } from '../../outside/missing.js';
import type { FieldValue } from '../../outside/split-filter.js';
import type { EncodedRow, VectorService } from '../../outside/vector-service.js';
import { toQdrantFilter } from './qdrant-filter.js';

export function createQdrantService({ key, settings, clock, log }: AdapterOptions): VectorService {
  const headers: Record<string, string> = settings.apiKey === '' ? {} : { 'api-key': settings.apiKey };
  const exchange = createExchange({ key, settings, headers, clock, log });
  const indexed = new Map<string, Set<string>>();

  const ask = async (name: string, request: Omit<ServiceRequest, 'collection'>, signal: AbortSignal) => {
    const path = `/collections/${name}${request.path}`;
    return (await exchange({ ...request, path, collection: name }, signal)).json;
  };
  const read = (name: string, path: string, body: unknown, signal: AbortSignal) =>
    ask(name, { method: 'POST', path, body, isRead: true }, signal);
  const putPoints = async (name: string, points: string, signal: AbortSignal) => {
    await ask(name, { method: 'PUT', path: '/points?wait=true', body: `{"points":[${points}]}`, isRead: false }, signal);
  };
  const deletePoints = async (name: string, body: unknown, signal: AbortSignal) => {
    await ask(name, { method: 'POST', path: '/points/delete?wait=true', body, isRead: false }, signal);
  };
  const writeRecord = (name: string, record: string, signal: AbortSignal) =>
    putPoints(name, JSON.stringify({ id: RECORD_KEY, vector: {}, payload: { hector_record: record } }), signal);

  async function indexFields(name: string, rows: readonly EncodedRow[], signal: AbortSignal): Promise<void> {
    const known = indexed.get(name) ?? new Set<string>();
    indexed.set(name, known);
    for (const { row } of rows)
      for (const [field, value] of Object.entries(row.fields)) {
        if (known.has(field) || known.size >= MAX_INDEXED) continue;
        const body = { field_name: field, field_schema: kindOf(value) };
        await ask(name, { method: 'PUT', path: '/index?wait=true', body, isRead: true }, signal);
        known.add(field);
      }
  }

  return {
    limits: { rows: 500, bytes: 8 * 1024 * 1024, keys: 5_000, hits: 10_000 },
    async findRecord(name, signal) {
      const body = { ids: [RECORD_KEY], with_payload: true, with_vector: false };
      const answer = await orMissing(read(name, '/points', body, signal));
      if (answer === undefined) return undefined;
      return findText(listIn(answer, 'result')[0], 'payload', 'hector_record') ?? '';
    },
    async create(name, dimension, record, signal) {
      const body = { vectors: { [VECTOR]: { size: dimension, distance: 'Cosine' } } };
      await exchange({ method: 'PUT', path: `/collections/${name}`, body, isRead: false }, signal);
      await writeRecord(name, record, signal);
    },
    writeRecord: (name, _dimension, record, signal) => writeRecord(name, record, signal),
    async drop(name, signal) {
      indexed.delete(name);
      await orMissing(ask(name, { method: 'DELETE', path: '', isRead: false }, signal));
    },
    encode({ key: id, id: entry, vector, fields, metadata }) {
      const payload = JSON.stringify({ ...fields, hector_id: entry, hector_metadata: metadata });
      return `{"id":"${id}","vector":{"${VECTOR}":${encodeVector(vector)}},"payload":${payload}}`;
    },
    async upsert(name, rows, signal) {
      await indexFields(name, rows, signal);
      await putPoints(name, rows.map(({ json }) => json).join(','), signal);
    },
    remove: (name, keys, signal) => deletePoints(name, { points: keys }, signal),
    removeWhere: (name, conditions, signal) => deletePoints(name, { filter: toQdrantFilter(conditions, RECORD_KEY) }, signal),
    async search(name, { vector, limit, conditions, withMetadata }, signal) {
      const payload = withMetadata ? ['hector_id', 'hector_metadata'] : ['hector_id'];
      const filter = conditions.length === 0 ? {} : { filter: toQdrantFilter(conditions, undefined) };
      const body = { query: Array.from(vector), using: VECTOR, limit, with_payload: payload, ...filter };
      const points = listIn(objectIn(await read(name, '/points/query', body, signal), 'result'), 'points');
      return points.map((point) => ({
        id: textIn(point, 'payload', 'hector_id'),
        similarity: numberIn(point, 'score'),
        metadata: findText(point, 'payload', 'hector_metadata'),
      }));
    },
    async list(name, after, signal) {
      const offset = after === '' ? {} : { offset: after };
      const body = { limit: 1_000, with_payload: ['hector_metadata'], filter: toQdrantFilter([], RECORD_KEY), ...offset };
      const result = objectIn(await read(name, '/points/scroll', body, signal), 'result');
      return {
        entries: listIn(result, 'points').map((point) => ({
          key: textIn(point, 'id'),
          metadata: textIn(point, 'payload', 'hector_metadata'),
        })),
        next: findText(result, 'next_page_offset'),
      };
    },
    async count(name, signal) {
      const body = { exact: true, filter: toQdrantFilter([], RECORD_KEY) };
      return numberIn(await read(name, '/points/count', body, signal), 'result', 'count');
    },
  };
}

function kindOf(value: FieldValue): string {
  return typeof value === 'string' ? 'keyword' : typeof value === 'number' ? 'float' : 'bool';
}

const VECTOR = 'content';
const RECORD_KEY = '00000000-0000-8000-8000-000000000000';
/** Beyond them filters are slower, and refused in strict mode. */
const MAX_INDEXED = 64;
