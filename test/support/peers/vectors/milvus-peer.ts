/** Milvus 2.5, RESTful API v2, from its documentation: nearly everything is status 200 and a code. */
import { nearest, type PeerEntry } from './brute-force.js';
import { list, type Shape, shape, text, vectorOf, whole } from './check-body.js';
import { readMilvusFilter } from './read-milvus-filter.js';
import { type PeerReply, type PeerRequest, type PeerService, Refusal } from './vector-peer.js';

interface Collection {
  readonly dimension: number;
  readonly fields: ReadonlyMap<string, Shape>;
  readonly entities: Map<string, PeerEntry>;
  readonly consistency: string;
}

/** `token`: user:password. */
export function createMilvusPeer(token: string): PeerService {
  const collections = new Map<string, Collection>();

  function handle({ method, path, headers, body }: PeerRequest): unknown {
    if (headers.authorization !== `Bearer ${token}`) throw new Refusal(1_800, "user hasn't authenticated");
    const [, operation = ''] = /^\/v2\/vectordb(\/\w+\/\w+)$/.exec(path) ?? [];
    if (method !== 'POST' || operation === '') throw new Refusal(404, '404 page not found');
    const given = shape(body, 'body', 'dbName?', 'collectionName', ...(KEYS[operation] ?? ['-']));
    const name = text(given.collectionName, 'collectionName');
    if (!/^[A-Za-z_]\w{0,254}$/.test(name)) throw new Refusal(1_100, `Invalid collection name: ${name}`);
    if (operation === '/collections/has') return { has: collections.has(name) };
    if (operation === '/collections/create') {
      if (collections.has(name)) throw new Refusal(1_100, 'create duplicate collection with different parameters');
      collections.set(name, readSchema(given));
      return {};
    }
    if (operation === '/collections/drop') {
      collections.delete(name);
      return {};
    }
    const collection = collections.get(name);
    if (collection === undefined) throw new Refusal(100, `can't find collection[database=default][collection=${name}]`);
    return operation === '/collections/load' ? {} : onEntities(collection, operation, given);
  }

  return {
    maxBytes: 64 * 1024 * 1024,
    handle: (request): PeerReply => ({ status: 200, json: { code: 0, data: handle(request) } }),
    refuse: ({ status, message }) =>
      status === 404 || status === 413
        ? { status, json: undefined }
        : { status: status === 1_800 ? 401 : 200, json: { code: status, message } },
  };
}

function readSchema({ schema, indexParams, params }: Shape): Collection {
  const { fields, enableDynamicField, autoId } = shape(schema, 'schema', 'autoId', 'enableDynamicField', 'fields');
  if (enableDynamicField !== true || autoId !== false) throw new Refusal(1_802, 'schema');
  const read = new Map(
    list(fields, 'fields').map((field) => {
      const each = shape(field, 'field', 'fieldName', 'dataType', 'isPrimary?', 'elementTypeParams?');
      if (each.dataType === 'VarChar') whole(shape(each.elementTypeParams, 'params', 'max_length').max_length, 'max_length', 1, 65_535);
      return [text(each.fieldName, 'fieldName'), each] as const;
    }),
  );
  const [index] = list(indexParams, 'indexParams');
  if (shape(index, 'index', 'fieldName', 'indexName', 'metricType', 'indexType').metricType !== 'COSINE')
    throw new Refusal(1_100, 'metric');
  const dimension = whole(shape(read.get('vector')?.['elementTypeParams'], 'params', 'dim').dim, 'dim', 2, 32_768);
  return {
    dimension,
    fields: read,
    entities: new Map(),
    consistency: text(shape(params, 'params', 'consistencyLevel').consistencyLevel, 'level'),
  };
}

function onEntities(collection: Collection, operation: string, given: Shape): unknown {
  const { entities, fields } = collection;
  const schema = new Set(fields.keys());
  const filter = given.filter === undefined ? () => true : readMilvusFilter(text(given.filter, 'filter'), schema);
  const select = ({ fields: all }: PeerEntry, names: unknown) => {
    const wanted = list(names, 'outputFields');
    return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)));
  };
  switch (operation) {
    case '/entities/upsert': {
      const read = list(given.data, 'data').map((entity) => readEntity(collection, entity));
      for (const entry of read) entities.set(entry.key, entry);
      return { upsertCount: read.length, upsertIds: read.map(({ key }) => key) };
    }
    case '/entities/delete': {
      if (given.filter === '') throw new Refusal(1_802, 'missing required parameters');
      for (const entry of [...entities.values()]) if (filter(entry.fields)) entities.delete(entry.key);
      return {};
    }
    case '/entities/query': {
      if (given.consistencyLevel !== 'Strong' && collection.consistency !== 'Strong') throw new Refusal(1_100, 'a stale read');
      const found = [...entities.values()].filter((entry) => filter(entry.fields));
      if (list(given.outputFields, 'outputFields').includes('count(*)')) return [{ 'count(*)': String(found.length) }];
      const limit = whole(given.limit, 'limit', 1, 16_384);
      // In no order that one could rely on.
      return found
        .reverse()
        .slice(0, limit)
        .map((entry) => select(entry, given.outputFields));
    }
    case '/entities/search': {
      shape(given.searchParams, 'searchParams', 'metricType', 'params');
      const vector = checkSize(collection, vectorOf(list(given.data, 'data')[0], 'data'));
      const limit = whole(given.limit, 'limit', 1, 16_384);
      const hits = nearest(entities.values(), vector, limit, (entry) => filter(entry.fields));
      return hits.map(({ entry, cosine }) => ({ ...select(entry, given.outputFields), id: entry.key, distance: cosine }));
    }
    default:
      throw new Refusal(404, 'no such path');
  }
}

function readEntity(collection: Collection, entity: unknown): PeerEntry {
  const given = entity as Shape;
  for (const [name, field] of collection.fields) {
    const value = given[name];
    if (value === undefined) throw new Refusal(1_804, `fail to deal the insert data, error: ${name} is missing`);
    const isFine =
      field['dataType'] === 'VarChar'
        ? typeof value === 'string' && value.length <= maxLength(field)
        : field['dataType'] === 'Int8'
          ? Number.isInteger(value)
          : true;
    if (!isFine) throw new Refusal(1_804, `fail to deal the insert data, error: ${name}`);
  }
  const { vector, ...fields } = given;
  return { key: text(given.id, 'id'), vector: checkSize(collection, vectorOf(vector, 'vector')), fields };
}

function maxLength(field: Shape): number {
  return (field['elementTypeParams'] as { readonly max_length: number }).max_length;
}

function checkSize({ dimension }: Collection, vector: readonly number[]): readonly number[] {
  if (vector.length !== dimension)
    throw new Refusal(1_804, `the length(${vector.length}) of float data should divide the dim(${dimension})`);
  return vector;
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  '/collections/has': [],
  '/collections/load': [],
  '/collections/drop': [],
  '/collections/create': ['schema', 'indexParams', 'params'],
  '/entities/upsert': ['data'],
  '/entities/delete': ['filter'],
  '/entities/query': ['filter?', 'outputFields', 'limit?', 'consistencyLevel?'],
  '/entities/search': ['data', 'annsField', 'filter?', 'limit', 'outputFields', 'searchParams', 'consistencyLevel?'],
};
