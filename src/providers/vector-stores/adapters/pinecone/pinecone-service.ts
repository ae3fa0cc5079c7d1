/**
 * Pinecone by the REST API for indexes of vectors (VEC-04): a collection is a namespace of one index. The record is an entry of the namespace
 * without any field, which costs a search one hit more.
 *
 * Pinecone answers a write before it can be found. The record is written only when everything before it can be: until then the collection
 * would tell of more than it has.
 */
import { AppError } from '../../../../base/errors.js';
import type { AdapterOptions } from '../../outside/adapter-options.js';
import { encodeVector } from '../../outside/encode-vector.js';
import { createExchange, type ServiceAnswer } from '../../outside/exchange.js';
import { findText, listIn, numberIn, objectIn, textIn } from '../../outside/fields-of-answer.js';
import { orMissing } from '../../outside/missing.js';
import type { VectorService } from '../../outside/vector-service.js';
import { toPineconeFilter } from './pinecone-filter.js';
import { PineconeIndex } from './pinecone-index.js';

export function createPineconeService({ key, settings, clock, log }: AdapterOptions): VectorService {
  const headers = { 'api-key': settings.apiKey, 'x-pinecone-api-version': API_VERSION };
  const exchange = createExchange({ key, settings, headers, clock, log });
  const index = new PineconeIndex({ key, settings, exchange, clock });
  /** Number in Pinecone's log of the last write to a namespace from here. */
  const written = new Map<string, number>();

  async function post(name: string, path: string, body: unknown, isRead: boolean, signal: AbortSignal): Promise<ServiceAnswer> {
    const baseUrl = await index.find(signal);
    if (baseUrl === undefined) throw missing(name);
    return await exchange({ method: 'POST', path, body, isRead, baseUrl, collection: name }, signal);
  }
  const missing = (name: string) =>
    new AppError('VECTOR_STORE_COLLECTION_MISSING', {
      message: `Index '${settings.indexName}' (${key}.index_name) has no namespace '${name}'`,
    });
  const write = async (name: string, path: string, body: unknown, signal: AbortSignal) => {
    const { headers: answered } = await post(name, path, body, false, signal);
    const number = Number(answered.get('x-pinecone-request-lsn') ?? Number.NaN);
    if (Number.isFinite(number)) written.set(name, Math.max(number, written.get(name) ?? 0));
  };
  const query = (name: string, body: Readonly<Record<string, unknown>>, signal: AbortSignal) =>
    post(name, '/query', { namespace: name, ...body }, true, signal);

  async function get(name: string, path: string, signal: AbortSignal): Promise<unknown> {
    const baseUrl = await index.find(signal);
    if (baseUrl === undefined) return undefined;
    const answer = await orMissing(exchange({ method: 'GET', path, isRead: true, baseUrl, collection: name }, signal));
    return answer?.json;
  }
  const fetchEntries = async (name: string, keys: readonly string[], signal: AbortSignal) => {
    const ids = keys.map((id) => `&ids=${encodeURIComponent(id)}`).join('');
    const answer = await get(name, `/vectors/fetch?namespace=${name}${ids}`, signal);
    return answer === undefined ? {} : objectIn(answer, 'vectors');
  };

  /** Whether an answer reflects every write from here; indexes that do not tell are as old as they are. */
  function noteIndexed(name: string, answered: Pick<Headers, 'get'>): boolean {
    const isFresh = Number(answered.get('x-pinecone-max-indexed-lsn') ?? Number.POSITIVE_INFINITY) >= (written.get(name) ?? 0);
    if (isFresh) written.delete(name);
    return isFresh;
  }

  async function untilFound(name: string, dimension: number, signal: AbortSignal): Promise<void> {
    if (!written.has(name)) return;
    const deadline = clock.monotonic() + Math.max(settings.timeoutMs, MIN_FRESH_MS);
    for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 2_000)) {
      const { headers: answered } = await query(name, { vector: unitVector(dimension), topK: 1, includeMetadata: false }, signal);
      if (noteIndexed(name, answered)) return;
      if (clock.monotonic() > deadline)
        throw new AppError('VECTOR_STORE_TIMEOUT', {
          message: `Pinecone does not find what it was given within ${settings.timeoutMs} ms (${key}.timeout)`,
        });
      await clock.sleep(waitMs, signal);
    }
  }

  async function writeRecord(name: string, dimension: number, record: string, signal: AbortSignal): Promise<void> {
    await untilFound(name, dimension, signal);
    const vector = { id: RECORD_KEY, values: unitVector(dimension), metadata: { hector_record: record } };
    await write(name, '/vectors/upsert', { namespace: name, vectors: [vector] }, signal);
  }

  return {
    limits: { rows: 500, bytes: 1_900_000, keys: 1_000, hits: 9_999 },
    async findRecord(name, signal) {
      const vectors = await fetchEntries(name, [RECORD_KEY], signal);
      return findText(vectors, RECORD_KEY, 'metadata', 'hector_record');
    },
    async create(name, dimension, record, signal) {
      await index.prepare(dimension, signal);
      await writeRecord(name, dimension, record, signal);
    },
    writeRecord,
    async drop(name, signal) {
      written.delete(name);
      await orMissing(write(name, '/vectors/delete', { namespace: name, deleteAll: true }, signal));
    },
    encode({ key: id, id: entry, vector, fields, metadata }) {
      return `{"id":"${id}","values":${encodeVector(vector)},"metadata":${JSON.stringify({ ...fields, hector_id: entry, hector_metadata: metadata })}}`;
    },
    upsert: (name, rows, signal) =>
      write(name, '/vectors/upsert', `{"namespace":"${name}","vectors":[${rows.map(({ json }) => json).join(',')}]}`, signal),
    remove: (name, keys, signal) => write(name, '/vectors/delete', { namespace: name, ids: keys }, signal),
    removeWhere: (name, conditions, signal) =>
      write(name, '/vectors/delete', { namespace: name, filter: toPineconeFilter(conditions) ?? ANY }, signal),
    async search(name, { vector, limit, conditions }, signal) {
      const filter = toPineconeFilter(conditions);
      const wanted = { vector: Array.from(vector), includeMetadata: true, includeValues: false };
      const body = filter === undefined ? { ...wanted, topK: limit + 1 } : { ...wanted, topK: limit, filter };
      const { json, headers: answered } = await query(name, body, signal);
      const found = listIn(json, 'matches');
      const matches = found.filter((match) => textIn(match, 'id') !== RECORD_KEY);
      // Everything that the namespace has is here, and the record is not: the namespace is gone, which Pinecone calls an empty one.
      const isFresh = noteIndexed(name, answered);
      if (filter === undefined && isFresh && found.length <= limit && matches.length === found.length) throw missing(name);
      return matches.slice(0, limit).map((match) => ({
        id: textIn(match, 'metadata', 'hector_id'),
        similarity: numberIn(match, 'score'),
        metadata: findText(match, 'metadata', 'hector_metadata'),
      }));
    },
    async list(name, after, signal) {
      const page = await get(
        name,
        `/vectors/list?namespace=${name}&limit=100${after === '' ? '' : `&paginationToken=${encodeURIComponent(after)}`}`,
        signal,
      );
      const keys = page === undefined ? [] : listIn(page, 'vectors').map((vector) => textIn(vector, 'id'));
      const wanted = keys.filter((id) => id !== RECORD_KEY);
      const vectors = wanted.length === 0 ? {} : await fetchEntries(name, wanted, signal);
      const entries = wanted
        .filter((id) => id in vectors)
        .map((id) => ({ key: id, metadata: textIn(vectors, id, 'metadata', 'hector_metadata') }));
      return { entries, next: findText(page, 'pagination', 'next') };
    },
    async count(name, signal) {
      const { json } = await post(name, '/describe_index_stats', {}, true, signal);
      const namespace = objectIn(json, 'namespaces')[name];
      return namespace === undefined ? 0 : Math.max(0, numberIn(namespace, 'vectorCount') - 1);
    },
  };
}

function unitVector(dimension: number): number[] {
  return Array.from({ length: dimension }, (_, index) => (index === 0 ? 1 : 0));
}

const API_VERSION = '2025-04';
const RECORD_KEY = 'hector-record';
const ANY = { hector_id: { $exists: true } };
/** Pinecone speaks of seconds. */
const MIN_FRESH_MS = 30_000;
