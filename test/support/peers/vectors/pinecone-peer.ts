/**
 * Pinecone (API 2025-04), control and data plane at one address, from its OpenAPI description. Writes have numbers and can be found once
 * `indexed` has reached them: with `lag` queries between, else at once.
 */
import { nearest, type PeerEntry } from './brute-force.js';
import { list, type Shape, shape, text, vectorOf, whole } from './check-body.js';
import { type PeerReply, type PeerRequest, type PeerService, Refusal } from './vector-peer.js';

interface Namespace {
  readonly entries: Map<string, PeerEntry>;
  readonly waiting: { readonly lsn: number; readonly apply: () => void }[];
  lsn: number;
  indexed: number;
}

export interface PineconePeerOptions {
  readonly apiKey: string;
  /** Queries until a write can be found. Default 0. */
  readonly lag?: number;
  /** An index that is there. */
  readonly index?: { readonly name: string; readonly dimension: number; readonly metric: string };
}

export function createPineconePeer({ apiKey, lag = 0, index: given }: PineconePeerOptions): PeerService {
  const indexes = new Map<string, Shape & { readonly dimension: number }>(given === undefined ? [] : [[given.name, given]]);
  const namespaces = new Map<string, Namespace>();

  const existing = (name: string): Namespace => {
    const found = namespaces.get(name);
    if (found === undefined) throw new Refusal(404, 'Namespace not found');
    return found;
  };

  function write(name: string, apply: (namespace: Namespace) => void): PeerReply {
    const namespace = existing(name);
    namespace.lsn += 1;
    namespace.waiting.push({ lsn: namespace.lsn, apply: () => apply(namespace) });
    if (lag === 0) catchUp(namespace, namespace.lsn);
    return { status: 200, json: {}, headers: { 'x-pinecone-request-lsn': String(namespace.lsn) } };
  }

  function handle({ method, path, query, headers, body }: PeerRequest): PeerReply {
    if (headers['api-key'] !== apiKey) throw new Refusal(401, 'Invalid API Key');
    if (headers['x-pinecone-api-version'] !== '2025-04') throw new Refusal(400, 'unknown API version');
    const [, indexName] = /^\/indexes\/([a-z0-9-]+)$/.exec(path) ?? [];
    if (method === 'GET' && indexName !== undefined) {
      const index = indexes.get(indexName);
      if (index === undefined) throw new Refusal(404, `Resource ${indexName} not found`);
      return { status: 200, json: { ...index, host: `http://${headers.host ?? ''}`, status: { ready: true, state: 'Ready' } } };
    }
    if (method === 'POST' && path === '/indexes') {
      const { name, dimension, metric, spec } = shape(body, 'body', 'name', 'dimension', 'metric', 'spec', 'deletion_protection?');
      if (!/^[a-z0-9-]{1,45}$/.test(text(name, 'name')))
        throw new Refusal(422, 'Name must consist of lower case alphanumeric characters or -');
      if (indexes.has(String(name))) throw new Refusal(409, 'Resource  already exists');
      const { serverless } = shape(spec, 'spec', 'serverless');
      shape(serverless, 'serverless', 'cloud', 'region');
      indexes.set(String(name), { name, metric, dimension: whole(dimension, 'dimension', 1, 20_000) });
      return { status: 201, json: {} };
    }
    const [index] = indexes.values();
    if (index === undefined) throw new Refusal(404, 'no such index');
    return data(index, `${method} ${path}`, query, body);
  }

  function data(index: Shape & { readonly dimension: number }, operation: string, query: URLSearchParams, body: unknown): PeerReply {
    const { dimension } = index;
    const checkSize = (vector: readonly number[]) => {
      if (vector.length !== dimension)
        throw new Refusal(400, `Vector dimension ${vector.length} does not match the dimension of the index ${dimension}`);
      if (vector.every((value) => value === 0)) throw new Refusal(400, 'Dense vectors must contain at least one non-zero value.');
      return vector;
    };
    switch (operation) {
      case 'POST /describe_index_stats': {
        const counts = [...namespaces].map(([name, { entries }]) => [name, { vectorCount: entries.size }]);
        return { status: 200, json: { namespaces: Object.fromEntries(counts), dimension, metric: index['metric'], indexFullness: 0 } };
      }
      case 'POST /vectors/upsert': {
        const { namespace, vectors } = shape(body, 'body', 'namespace', 'vectors');
        const all = list(vectors, 'vectors');
        if (all.length === 0 || all.length > 1_000) throw new Refusal(400, `Cannot insert ${all.length} vectors`);
        const entries = all.map((each): PeerEntry => {
          const { id, values, metadata } = shape(each, 'vector', 'id', 'values', 'metadata?');
          if (!/^[\x20-\x7e]{1,512}$/.test(text(id, 'id'))) throw new Refusal(400, 'Vector ID must be ASCII');
          const fields = (metadata ?? {}) as Shape;
          if (Object.values(fields).some((value) => value === null || typeof value === 'object'))
            throw new Refusal(400, 'Metadata value must be a string, number, boolean or list of strings');
          if (JSON.stringify(fields).length > 40 * 1024)
            throw new Refusal(400, 'metadata size exceeds the limit of 40960 bytes per vector');
          return { key: String(id), vector: checkSize(vectorOf(values, 'values')), fields };
        });
        if (new Set(entries.map(({ key }) => key)).size < entries.length) throw new Refusal(400, 'duplicate ids');
        const name = text(namespace, 'namespace');
        if (!namespaces.has(name)) namespaces.set(name, { entries: new Map(), waiting: [], lsn: 0, indexed: 0 });
        const reply = write(name, ({ entries: stored }) => {
          for (const entry of entries) stored.set(entry.key, entry);
        });
        return { ...reply, json: { upsertedCount: entries.length } };
      }
      case 'POST /vectors/delete': {
        const { namespace, ids, filter, deleteAll } = shape(body, 'body', 'namespace', 'ids?', 'filter?', 'deleteAll?');
        if ([ids, filter, deleteAll].filter((each) => each !== undefined).length !== 1)
          throw new Refusal(400, 'exactly one of ids, deleteAll, filter');
        const keys = ids === undefined ? undefined : list(ids, 'ids').map((id) => text(id, 'ids'));
        if (keys !== undefined && (keys.length === 0 || keys.length > 1_000)) throw new Refusal(400, 'too many ids');
        const name = text(namespace, 'namespace');
        if (deleteAll === true) {
          existing(name);
          namespaces.delete(name);
          return { status: 200, json: {} };
        }
        const matches = filter === undefined ? undefined : readFilter(filter);
        return write(name, ({ entries }) => {
          for (const entry of [...entries.values()])
            if (keys?.includes(entry.key) === true || matches?.(entry) === true) entries.delete(entry.key);
        });
      }
      case 'POST /query': {
        const { namespace, vector, topK, filter } = shape(
          body,
          'body',
          'namespace',
          'vector',
          'topK',
          'filter?',
          'includeMetadata?',
          'includeValues?',
        );
        const found = namespaces.get(text(namespace, 'namespace'));
        const limit = whole(topK, 'topK', 1, 10_000);
        const wanted = checkSize(vectorOf(vector, 'vector'));
        const matches = readFilter(filter ?? {});
        if (found !== undefined && found.waiting.length > 0 && found.lsn - found.indexed > 0)
          catchUp(found, found.indexed + 1 / Math.max(1, lag));
        const hits = nearest(found?.entries.values() ?? [], wanted, limit, matches);
        const headers = { 'x-pinecone-max-indexed-lsn': String(Math.floor(found?.indexed ?? 0)) };
        return {
          status: 200,
          headers,
          json: { matches: hits.map(({ entry, cosine }) => ({ id: entry.key, score: cosine, metadata: entry.fields })), namespace },
        };
      }
      case 'GET /vectors/fetch': {
        const found = namespaces.get(query.get('namespace') ?? '');
        const ids = query.getAll('ids');
        if (ids.length === 0) throw new Refusal(400, 'ids');
        const entries = ids.flatMap((id) => {
          const entry = found?.entries.get(id);
          return entry === undefined ? [] : [[id, { id, values: entry.vector, metadata: entry.fields }]];
        });
        return { status: 200, json: { vectors: Object.fromEntries(entries), namespace: query.get('namespace') } };
      }
      case 'GET /vectors/list': {
        const limit = Number(query.get('limit') ?? '100');
        if (limit < 1 || limit > 100) throw new Refusal(400, 'limit');
        const after = query.get('paginationToken') ?? '';
        const keys = [...(namespaces.get(query.get('namespace') ?? '')?.entries.keys() ?? [])].sort().filter((key) => key > after);
        const page = keys.slice(0, limit);
        const next = keys.length > limit ? { pagination: { next: page.at(-1) } } : {};
        return { status: 200, json: { vectors: page.map((id) => ({ id })), ...next, namespace: query.get('namespace') } };
      }
      default:
        throw new Refusal(404, 'no such path');
    }
  }

  return {
    maxBytes: 2 * 1024 * 1024,
    handle,
    refuse: ({ status, message }) => ({ status, json: { code: status === 404 ? 5 : 3, message, details: [] } }),
  };
}

function catchUp(namespace: Namespace, indexed: number): void {
  namespace.indexed = indexed;
  while (namespace.waiting[0] !== undefined && namespace.waiting[0].lsn <= indexed) namespace.waiting.shift()?.apply();
}

type Matches = (entry: PeerEntry) => boolean;

function readFilter(filter: unknown): Matches {
  const parts = Object.entries(shape(filter, 'filter', ...Object.keys(filter as object))).map(([key, condition]): Matches => {
    if (key === '$and' || key === '$or') {
      const each = list(condition, key).map(readFilter);
      if (each.length < 2) throw new Refusal(400, `${key} wants two conditions`);
      return (entry) => (key === '$and' ? each.every((matches) => matches(entry)) : each.some((matches) => matches(entry)));
    }
    const operators = Object.entries(
      shape(condition, key, ...['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$exists'].map((each) => `${each}?`)),
    );
    return ({ fields }) => operators.every(([operator, wanted]) => holds(fields[key], operator, wanted));
  });
  return (entry) => parts.every((matches) => matches(entry));
}

function holds(value: unknown, operator: string, wanted: unknown): boolean {
  if (operator === '$exists') return (value !== undefined) === wanted;
  if (operator === '$in') {
    const values = list(wanted, '$in');
    if (values.some((each) => typeof each !== 'string' && typeof each !== 'number')) throw new Refusal(400, '$in wants strings or numbers');
    return values.includes(value);
  }
  if (operator === '$eq') return value === wanted;
  if (typeof wanted !== 'number') throw new Refusal(400, `the ${operator} operator must be followed by a number`);
  if (typeof value !== 'number') return false;
  return operator === '$gt'
    ? value > wanted
    : operator === '$gte'
      ? value >= wanted
      : operator === '$lt'
        ? value < wanted
        : value <= wanted;
}
