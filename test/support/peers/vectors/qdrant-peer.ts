/** Qdrant 1.16 in strict mode, from its OpenAPI description: filters may name indexed fields only. */
import { nearest, type PeerEntry } from './brute-force.js';
import { list, type Shape, scalar, shape, text, uuid, vectorOf, whole } from './check-body.js';
import { type PeerReply, type PeerRequest, type PeerService, Refusal } from './vector-peer.js';

interface Collection {
  readonly size: number;
  readonly vectorName: string;
  readonly points: Map<string, PeerEntry>;
  readonly indexed: Map<string, string>;
}

export function createQdrantPeer(apiKey: string): PeerService {
  const collections = new Map<string, Collection>();

  const get = (name: string): Collection => {
    const found = collections.get(name);
    if (found === undefined) throw new Refusal(404, `Not found: Collection \`${name}\` doesn't exist!`);
    return found;
  };

  function handle({ method, path, query, headers, body }: PeerRequest): unknown {
    if (headers['api-key'] !== apiKey) throw new Refusal(401, 'Must provide an API key or an Authorization bearer token');
    const [, name = '', rest = ''] = /^\/collections\/([^/]{1,255})(\/.*)?$/.exec(path) ?? [];
    if (name === '') throw new Refusal(404, 'no such path');
    const collection = rest === '' && method === 'PUT' ? undefined : rest === '' && method === 'DELETE' ? collections.get(name) : get(name);
    for (const key of query.keys()) if (key !== 'wait') throw new Refusal(400, `unknown parameter ${key}`);
    switch (`${method} ${rest}`) {
      case 'PUT ': {
        if (collections.has(name)) throw new Refusal(409, `Wrong input: Collection \`${name}\` already exists!`);
        const vectors = Object.entries(
          shape(shape(body, 'body', 'vectors').vectors, 'vectors', ...Object.keys((body as Shape).vectors as object)),
        );
        const [vectorName, parameters] = vectors[0] ?? ['', undefined];
        const { size, distance } = shape(parameters, 'vectors', 'size', 'distance');
        if (!['Cosine', 'Euclid', 'Dot', 'Manhattan'].includes(text(distance, 'distance'))) throw new Refusal(400, 'distance');
        collections.set(name, { size: whole(size, 'size', 1, 65_536), vectorName, points: new Map(), indexed: new Map() });
        return true;
      }
      case 'DELETE ':
        // Qdrant says that there was nothing to delete by `false`.
        return collections.delete(name);
      case 'PUT /index': {
        const { field_name, field_schema } = shape(body, 'body', 'field_name', 'field_schema');
        if (!['keyword', 'integer', 'float', 'bool', 'text'].includes(text(field_schema, 'field_schema')))
          throw new Refusal(400, 'field_schema');
        (collection as Collection).indexed.set(text(field_name, 'field_name'), String(field_schema));
        return { operation_id: 1, status: 'completed' };
      }
      default:
        return points(collection as Collection, `${method} ${rest}`, body);
    }
  }

  return {
    maxBytes: 32 * 1024 * 1024,
    handle: (request): PeerReply => ({ status: 200, json: { result: handle(request), status: 'ok', time: 0.001 } }),
    refuse: ({ status, message }) => ({ status, json: { status: { error: message }, time: 0 } }),
  };
}

function points(collection: Collection, operation: string, body: unknown): unknown {
  const { points: stored } = collection;
  const done = { operation_id: 2, status: 'completed' };
  switch (operation) {
    case 'PUT /points': {
      const given = list(shape(body, 'body', 'points').points, 'points').map((point) => readPoint(collection, point));
      for (const entry of given) stored.set(entry.key, entry);
      return done;
    }
    case 'POST /points': {
      const { ids } = shape(body, 'body', 'ids', 'with_payload?', 'with_vector?');
      return list(ids, 'ids').flatMap((id) => {
        const entry = stored.get(uuid(id, 'ids'));
        return entry === undefined ? [] : [{ id: entry.key, payload: entry.fields }];
      });
    }
    case 'POST /points/delete': {
      const { points: keys, filter } = shape(body, 'body', 'points?', 'filter?');
      if ((keys === undefined) === (filter === undefined))
        throw new Refusal(400, 'data did not match any variant of untagged enum PointsSelector');
      const matches = filter === undefined ? undefined : readFilter(collection, filter);
      const gone =
        keys === undefined
          ? [...stored.values()].filter((entry) => matches?.(entry)).map(({ key }) => key)
          : list(keys, 'points').map((key) => uuid(key, 'points'));
      for (const key of gone) stored.delete(key);
      return done;
    }
    case 'POST /points/query': {
      const {
        query,
        using,
        limit,
        filter,
        with_payload: wanted,
      } = shape(body, 'body', 'query', 'using', 'limit', 'filter?', 'with_payload');
      if (using !== collection.vectorName) throw new Refusal(400, `Wrong input: Not existing vector name error: ${String(using)}`);
      const vector = checkSize(collection, vectorOf(query, 'query'));
      const found = nearest(stored.values(), vector, whole(limit, 'limit', 1, 1_000_000), readFilter(collection, filter ?? {}));
      return { points: found.map(({ entry, cosine }) => ({ id: entry.key, version: 1, score: cosine, payload: select(entry, wanted) })) };
    }
    case 'POST /points/scroll': {
      const { limit, with_payload: wanted, filter, offset } = shape(body, 'body', 'limit', 'with_payload', 'filter?', 'offset?');
      const all = [...stored.values()].filter(readFilter(collection, filter ?? {})).sort((a, b) => (a.key < b.key ? -1 : 1));
      const from = offset === undefined ? all : all.filter(({ key }) => key >= uuid(offset, 'offset'));
      const size = whole(limit, 'limit', 1, 100_000);
      return {
        points: from.slice(0, size).map((entry) => ({ id: entry.key, payload: select(entry, wanted) })),
        next_page_offset: from[size]?.key ?? null,
      };
    }
    case 'POST /points/count': {
      const { filter } = shape(body, 'body', 'filter?', 'exact?');
      return { count: [...stored.values()].filter(readFilter(collection, filter ?? {})).length };
    }
    default:
      throw new Refusal(404, 'no such path');
  }
}

function readPoint(collection: Collection, point: unknown): PeerEntry {
  const { id, vector, payload } = shape(point, 'point', 'id', 'vector', 'payload?');
  const named = shape(vector, 'vector', `${collection.vectorName}?`)[collection.vectorName];
  return {
    key: uuid(id, 'id'),
    vector: named === undefined ? undefined : checkSize(collection, vectorOf(named, 'vector')),
    fields: (payload ?? {}) as Shape,
  };
}

function checkSize({ size }: Collection, vector: readonly number[]): readonly number[] {
  if (vector.length !== size) throw new Refusal(400, `Wrong input: Vector dimension error: expected dim: ${size}, got ${vector.length}`);
  return vector;
}

function select({ fields }: PeerEntry, wanted: unknown): Shape {
  const names = list(wanted, 'with_payload');
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

type Matches = (entry: PeerEntry) => boolean;

function readFilter(collection: Collection, filter: unknown): Matches {
  const { must = [], must_not: mustNot = [], should = [] } = shape(filter, 'filter', 'must?', 'must_not?', 'should?');
  const [all, none, some] = [must, mustNot, should].map((conditions) =>
    list(conditions, 'filter').map((each) => readCondition(collection, each)),
  );
  return (entry) =>
    (all ?? []).every((matches) => matches(entry)) &&
    !(none ?? []).some((matches) => matches(entry)) &&
    ((some ?? []).length === 0 || (some ?? []).some((matches) => matches(entry)));
}

function readCondition(collection: Collection, condition: unknown): Matches {
  const given = shape(condition, 'condition', 'key?', 'match?', 'range?', 'has_id?', 'should?', 'must?', 'must_not?');
  if (given.has_id !== undefined) {
    const keys = list(given.has_id, 'has_id').map((key) => uuid(key, 'has_id'));
    return ({ key }) => keys.includes(key);
  }
  if (given.key === undefined) return readFilter(collection, condition);
  const key = text(given.key, 'key');
  const kind = collection.indexed.get(key);
  // A field that nothing has is not indexed either; strict mode refuses it all the same.
  if (kind === undefined && collection.indexed.size > 0 && [...collection.points.values()].some(({ fields }) => key in fields))
    throw new Refusal(400, `Bad request: Index required but not found for "${key}"`);
  if (given.range !== undefined) {
    const { gt, gte, lt, lte } = shape(given.range, 'range', 'gt?', 'gte?', 'lt?', 'lte?') as Readonly<Record<string, number | undefined>>;
    return ({ fields }) => {
      const value = fields[key];
      if (typeof value !== 'number') return false;
      return !(value <= (gt ?? -Infinity) || value < (gte ?? -Infinity) || value >= (lt ?? Infinity) || value > (lte ?? Infinity));
    };
  }
  const { value, any } = shape(given.match, 'match', 'value?', 'any?');
  const wanted = any === undefined ? [scalar(value, 'match')] : list(any, 'match');
  const isFine = (each: unknown) => typeof each === 'string' || Number.isInteger(each) || (any === undefined && typeof each === 'boolean');
  if (!wanted.every(isFine))
    throw new Refusal(400, 'Format error in JSON body: data did not match any variant of untagged enum MatchInterface');
  return ({ fields }) => wanted.includes(fields[key]);
}
