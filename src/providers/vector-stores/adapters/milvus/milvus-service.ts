/**
 * Milvus by its RESTful API v2, 2.4 or later (VEC-06). Every entity must have a vector, so the record has one as well and is told from entries
 * by `kind`, which each search asks for. Fields are kept in the collection's dynamic field. Reads are strongly consistent: what was written
 * before them is in them.
 */

import { isJsonObject } from '../../../../base/json.js';
import { trimEndOf } from '../../../../base/trim.js';
import type { AdapterOptions } from '../../outside/adapter-options.js';
import { encodeVector } from '../../outside/encode-vector.js';
import { createExchange } from '../../outside/exchange.js';
import { findText, listIn, numberIn, objectIn, textIn } from '../../outside/fields-of-answer.js';
import { ToldFailure } from '../../outside/map-service-failure.js';
import { orMissing } from '../../outside/missing.js';
import type { VectorService } from '../../outside/vector-service.js';
import { keysIn, toMilvusFilter } from './milvus-filter.js';

export function createMilvusService({ key, settings, clock, log }: AdapterOptions): VectorService {
  const headers: Record<string, string> = settings.apiKey === '' ? {} : { authorization: `Bearer ${settings.apiKey}` };
  const exchange = createExchange({ key, settings, headers, clock, log });
  const database = settings.database === '' ? {} : { dbName: settings.database };
  const loaded = new Set<string>();

  async function ask(name: string, path: string, body: Readonly<Record<string, unknown>>, isRead: boolean, signal: AbortSignal) {
    const request = { ...database, collectionName: name, ...body };
    const { json } = await exchange(
      { method: 'POST', path: `/v2/vectordb${path}`, body: request, isRead, collection: name, check },
      signal,
    );
    return json;
  }
  const query = async (name: string, body: Readonly<Record<string, unknown>>, signal: AbortSignal) =>
    listIn(await ask(name, '/entities/query', { ...body, consistencyLevel: 'Strong' }, true, signal), 'data');

  async function putEntities(name: string, rows: string, signal: AbortSignal): Promise<void> {
    const start = JSON.stringify({ ...database, collectionName: name }).slice(0, -1);
    const request = { method: 'POST', path: '/v2/vectordb/entities/upsert', isRead: false, collection: name, check } as const;
    await exchange({ ...request, body: `${start},"data":[${rows}]}` }, signal);
  }
  const writeRecord = (name: string, dimension: number, record: string, signal: AbortSignal) =>
    putEntities(
      name,
      JSON.stringify({
        id: RECORD_KEY,
        kind: RECORD,
        vector: unitVector(dimension),
        hector_id: '',
        hector_metadata: '{}',
        hector_record: record,
      }),
      signal,
    );
  const remove = async (name: string, filter: string, signal: AbortSignal) => {
    await ask(name, '/entities/delete', { filter }, false, signal);
  };

  return {
    limits: { rows: 1_000, bytes: 8 * 1024 * 1024, keys: 1_000, hits: 16_384 },
    async findRecord(name, signal) {
      const isThere = objectIn(await ask(name, '/collections/has', {}, true, signal), 'data')['has'] === true;
      if (!isThere) return undefined;
      // A server that was started anew has it on disk only.
      if (!loaded.has(name)) await ask(name, '/collections/load', {}, true, signal);
      loaded.add(name);
      const found = await orMissing(query(name, { filter: keysIn([RECORD_KEY]), outputFields: ['hector_record'], limit: 1 }, signal));
      return found === undefined ? undefined : (findText(found[0], 'hector_record') ?? '');
    },
    async create(name, dimension, record, signal) {
      await ask(name, '/collections/create', schemaOf(dimension), false, signal);
      loaded.add(name);
      await writeRecord(name, dimension, record, signal);
    },
    writeRecord,
    async drop(name, signal) {
      loaded.delete(name);
      await orMissing(ask(name, '/collections/drop', {}, false, signal));
    },
    encode({ key: id, id: entry, vector, fields, metadata }) {
      const rest = JSON.stringify({ ...fields, kind: ENTRY, hector_id: entry, hector_metadata: metadata });
      return `{"id":"${id}","vector":${encodeVector(vector)},${rest.slice(1)}`;
    },
    upsert: (name, rows, signal) => putEntities(name, rows.map(({ json }) => json).join(','), signal),
    remove: (name, keys, signal) => remove(name, keysIn(keys), signal),
    removeWhere: (name, conditions, signal) => remove(name, toMilvusFilter(conditions, ENTRY), signal),
    async search(name, { vector, limit, conditions, withMetadata }, signal) {
      const body = {
        data: [Array.from(vector)],
        annsField: 'vector',
        filter: toMilvusFilter(conditions, ENTRY),
        limit,
        outputFields: withMetadata ? ['hector_id', 'hector_metadata'] : ['hector_id'],
        searchParams: { metricType: 'COSINE', params: {} },
        consistencyLevel: 'Strong',
      };
      return listIn(await ask(name, '/entities/search', body, true, signal), 'data').map((entity) => ({
        id: textIn(entity, 'hector_id'),
        // Of the metric COSINE this is the similarity.
        similarity: numberIn(entity, 'distance'),
        metadata: findText(entity, 'hector_metadata'),
      }));
    },
    async list(name, after, signal) {
      // An offset reaches no further than 16,384, and nothing says in which order: keys are asked for by how they begin.
      const start = after || '0';
      const filter = `${toMilvusFilter([], ENTRY)} and id like ${JSON.stringify(`${start}%`)}`;
      const found = await query(name, { filter, outputFields: ['id', 'hector_metadata'], limit: PAGE }, signal);
      if (found.length >= PAGE) return { entries: [], next: `${start}0` };
      const entries = found.map((entity) => ({ key: textIn(entity, 'id'), metadata: textIn(entity, 'hector_metadata') }));
      return { entries, next: nextStart(start) };
    },
    async count(name, signal) {
      const [row] = await query(name, { filter: toMilvusFilter([], ENTRY), outputFields: ['count(*)'] }, signal);
      return numberIn(row, 'count(*)');
    },
  };
}

function schemaOf(dimension: number) {
  return {
    schema: {
      autoId: false,
      enableDynamicField: true,
      fields: [
        { fieldName: 'id', dataType: 'VarChar', isPrimary: true, elementTypeParams: { max_length: 36 } },
        { fieldName: 'vector', dataType: 'FloatVector', elementTypeParams: { dim: dimension } },
        { fieldName: 'kind', dataType: 'Int8' },
        { fieldName: 'hector_id', dataType: 'VarChar', elementTypeParams: { max_length: 4_096 } },
        { fieldName: 'hector_metadata', dataType: 'VarChar', elementTypeParams: { max_length: 65_535 } },
      ],
    },
    indexParams: [{ fieldName: 'vector', indexName: 'vector', metricType: 'COSINE', indexType: 'AUTOINDEX' }],
    params: { consistencyLevel: 'Strong' },
  };
}

/** Milvus tells what has failed with status 200, by a code of its own. */
function check(json: unknown): void {
  const code = isJsonObject(json) ? json['code'] : undefined;
  if (code === 0 || code === 200) return;
  const message = findText(json, 'message') ?? `code ${String(code)}`;
  throw new ToldFailure(typeof code === 'number' ? statusOf(code) : 500, message);
}

function statusOf(code: number): number {
  if (code === 1_800 || code === 80_000 || code === 1_400 || code === 1_401) return 401;
  if (code === 100 || code === 4) return code === 100 ? 404 : 429;
  // Rate limit, quota; not ready, unavailable and out of memory have refused; what the rest has done is not known.
  if (code === 8 || code === 9) return 429;
  if (code === 1 || code === 2 || code === 3 || code === 101 || code === 103) return 503;
  return code < 100 ? 500 : 422;
}

/** The next beginning of a hexadecimal key behind all that begin so. */
function nextStart(start: string): string | undefined {
  const rest = trimEndOf(start, 'f');
  return rest === '' ? undefined : rest.slice(0, -1) + (Number.parseInt(rest.slice(-1), 16) + 1).toString(16);
}

function unitVector(dimension: number): number[] {
  return Array.from({ length: dimension }, (_, index) => (index === 0 ? 1 : 0));
}

const RECORD_KEY = '00000000-0000-8000-8000-000000000002';
const ENTRY = 0;
const RECORD = 1;
const PAGE = 16_384;
