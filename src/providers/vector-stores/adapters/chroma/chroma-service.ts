/**
 * Chroma by its API v2 (VEC-03). The record is metadata of the collection, which Chroma keeps apart from its entries. Requests name a collection
 * by an id that changes when it is made anew, so the id is looked up and forgotten with a 404.
 */
import { hasCode } from '../../../../base/errors.js';
import type { AdapterOptions } from '../../outside/adapter-options.js';
import { encodeVector } from '../../outside/encode-vector.js';
import { createExchange, type ServiceRequest } from '../../outside/exchange.js';
import { findText, listIn, numberIn, objectIn, textIn } from '../../outside/fields-of-answer.js';
import { orMissing } from '../../outside/missing.js';
import type { VectorService } from '../../outside/vector-service.js';
import { chromaWhere, encodeChromaMetadata } from './chroma-json.js';

export function createChromaService({ key, settings, clock, log }: AdapterOptions): VectorService {
  const { apiKey, tenant, database } = settings;
  // Chroma's own header, and the one that a proxy before a server of one's own looks at.
  const headers: Record<string, string> = apiKey === '' ? {} : { 'x-chroma-token': apiKey, authorization: `Bearer ${apiKey}` };
  const exchange = createExchange({ key, settings, headers, clock, log });
  const inDatabase = `/api/v2/tenants/${encodeURIComponent(tenant || 'default_tenant')}/databases/${encodeURIComponent(database || 'default_database')}`;
  const ids = new Map<string, string>();

  async function describe(name: string, signal: AbortSignal): Promise<unknown> {
    const { json } = await exchange({ method: 'GET', path: `${inDatabase}/collections/${name}`, isRead: true, collection: name }, signal);
    ids.set(name, textIn(json, 'id'));
    return json;
  }

  async function ask(name: string, request: ServiceRequest, signal: AbortSignal): Promise<unknown> {
    const id = ids.get(name) ?? textIn(await describe(name, signal), 'id');
    try {
      const path = `${inDatabase}/collections/${id}${request.path}`;
      return (await exchange({ ...request, path, collection: name }, signal)).json;
    } catch (error) {
      if (hasCode(error, 'VECTOR_STORE_COLLECTION_MISSING')) ids.delete(name);
      throw error;
    }
  }
  const read = (name: string, path: string, body: unknown, signal: AbortSignal) =>
    ask(name, { method: 'POST', path, body, isRead: true }, signal);
  const write = async (name: string, path: string, body: unknown, signal: AbortSignal) => {
    await ask(name, { method: 'POST', path, body, isRead: false }, signal);
  };

  /** Keys of metadata that entries have now: an upsert lays the new over the old and takes nothing away. */
  async function findFields(name: string, keys: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>> {
    const answer = await read(name, '/get', { ids: keys, include: ['metadatas'] }, signal);
    const metadatas = listIn(answer, 'metadatas');
    return new Map(listIn(answer, 'ids').map((id, index) => [String(id), Object.keys(metadatas[index] ?? {})]));
  }

  return {
    // The server's own limit is 5,461 entries.
    limits: { rows: 500, bytes: 8 * 1024 * 1024, keys: 1_000, hits: 10_000 },
    async findRecord(name, signal) {
      const collection = await orMissing(describe(name, signal));
      return collection === undefined ? undefined : (findText(collection, 'metadata', 'hector_record') ?? '');
    },
    async create(name, _dimension, record, signal) {
      const body = { name, metadata: { hector_record: record }, configuration: { hnsw: { space: 'cosine' } }, get_or_create: false };
      const { json } = await exchange({ method: 'POST', path: `${inDatabase}/collections`, body, isRead: false }, signal);
      ids.set(name, textIn(json, 'id'));
    },
    async writeRecord(name, _dimension, record, signal) {
      await ask(name, { method: 'PUT', path: '', body: { new_metadata: { hector_record: record } }, isRead: false }, signal);
    },
    async drop(name, signal) {
      ids.delete(name);
      const request = { method: 'DELETE', path: `${inDatabase}/collections/${name}`, isRead: false, collection: name } as const;
      await orMissing(exchange(request, signal));
    },
    // Columns are put together of the rows' halves; JSON has no line break of its own.
    encode: ({ id, vector, fields, metadata }) =>
      `${encodeVector(vector)}\n${encodeChromaMetadata({ ...fields, hector_id: id, hector_metadata: metadata }, [])}`,
    async upsert(name, rows, signal) {
      const keys = rows.map(({ row }) => row.key);
      const before = await findFields(name, keys, signal);
      const metadatas = rows.map(({ row, json }) => {
        const stale = (before.get(row.key) ?? []).filter((field) => !(field in row.fields) && !field.startsWith('hector_'));
        if (stale.length === 0) return json.slice(json.indexOf('\n') + 1);
        return encodeChromaMetadata({ ...row.fields, hector_id: row.id, hector_metadata: row.metadata }, stale);
      });
      const embeddings = rows.map(({ json }) => json.slice(0, json.indexOf('\n')));
      const body = `{"ids":${JSON.stringify(keys)},"embeddings":[${embeddings.join(',')}],"metadatas":[${metadatas.join(',')}]}`;
      await write(name, '/upsert', body, signal);
    },
    remove: (name, keys, signal) => write(name, '/delete', { ids: keys }, signal),
    removeWhere: (name, conditions, signal) => write(name, '/delete', `{"where":${chromaWhere(conditions) ?? ANY}}`, signal),
    async search(name, { vector, limit, conditions }, signal) {
      const where = chromaWhere(conditions);
      const body = `{"query_embeddings":[${encodeVector(vector)}],"n_results":${limit},"include":["distances","metadatas"]${where === undefined ? '' : `,"where":${where}`}}`;
      const answer = objectIn(await read(name, '/query', body, signal));
      const [distances, metadatas] = ['distances', 'metadatas'].map((column) => listIn(answer, column)[0] as readonly unknown[]);
      return (metadatas ?? []).map((metadata, index) => ({
        id: textIn(metadata, 'hector_id'),
        similarity: 1 - numberIn({ distance: distances?.[index] }, 'distance'),
        metadata: findText(metadata, 'hector_metadata'),
      }));
    },
    async list(name, after, signal) {
      const offset = Number(after || '0');
      const answer = await read(name, '/get', { limit: PAGE, offset, include: ['metadatas'] }, signal);
      const metadatas = listIn(answer, 'metadatas');
      const keys = listIn(answer, 'ids').map(String);
      return {
        entries: keys.map((key, index) => ({ key, metadata: textIn(metadatas[index], 'hector_metadata') })),
        next: keys.length < PAGE ? undefined : String(offset + PAGE),
      };
    },
    async count(name, signal) {
      const count = await ask(name, { method: 'GET', path: '/count', isRead: true }, signal);
      return numberIn({ count }, 'count');
    },
  };
}

const ANY = '{"hector_id":{"$ne":""}}';
const PAGE = 1_000;
