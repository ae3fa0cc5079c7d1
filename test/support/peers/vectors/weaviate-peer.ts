/** Weaviate 1.30, from its OpenAPI description and the documentation of its GraphQL. `maxResults` is QUERY_MAXIMUM_RESULTS. */
import { nearest, type PeerEntry } from './brute-force.js';
import { list, type Shape, shape, text, uuid, vectorOf, whole } from './check-body.js';
import { type GraphqlField, readGraphql } from './read-graphql.js';
import { type PeerReply, type PeerRequest, type PeerService, Refusal } from './vector-peer.js';

interface WeaviateClass {
  readonly properties: Map<string, Shape>;
  readonly objects: Map<string, PeerEntry>;
  dimension: number | undefined;
}

export function createWeaviatePeer({
  apiKey,
  maxResults = 10_000,
}: {
  readonly apiKey: string;
  readonly maxResults?: number;
}): PeerService {
  const classes = new Map<string, WeaviateClass>();

  const get = (name: string): WeaviateClass => {
    const found = classes.get(name);
    if (found === undefined) throw new Refusal(404, `could not find class ${name} in schema`);
    return found;
  };

  function handle({ method, path, query, headers, body }: PeerRequest): PeerReply {
    if (headers.authorization !== `Bearer ${apiKey}`) throw new Refusal(401, 'anonymous access not enabled, please provide an auth scheme');
    const ok = (json: unknown): PeerReply => ({ status: 200, json });
    const [, className = '', rest = ''] = /^\/v1\/schema\/([^/]+)(\/properties)?$/.exec(path) ?? [];
    if (className !== '') {
      if (method === 'DELETE') classes.delete(className);
      else if (rest !== '' && method === 'POST') addProperty(get(className), body);
      else if (method === 'GET') return ok({ class: className, properties: [...get(className).properties.values()] });
      return ok({});
    }
    const [, ofClass = '', id = ''] = /^\/v1\/objects\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    if (method === 'GET' && id !== '') {
      const object = get(ofClass).objects.get(uuid(id, 'id'));
      if (object === undefined) return { status: 404, json: undefined };
      return ok({ class: ofClass, id, properties: object.fields });
    }
    switch (`${method} ${path}`) {
      case 'POST /v1/schema':
        createClass(classes, body);
        return ok({});
      case 'POST /v1/batch/objects':
        return ok(list(shape(body, 'body', 'objects').objects, 'objects').map((object) => putObject(get, object)));
      case 'DELETE /v1/batch/objects': {
        const { match } = shape(body, 'body', 'match', 'output?');
        const { class: name, where } = shape(match, 'match', 'class', 'where');
        const { objects } = get(text(name, 'class'));
        const matches = readWhere(get(String(name)), where, 'rest');
        const found = [...objects.values()].filter(matches).slice(0, maxResults);
        for (const { key } of found) objects.delete(key);
        return ok({ match, output: 'minimal', results: { matches: found.length, limit: maxResults, successful: found.length, failed: 0 } });
      }
      case 'GET /v1/objects': {
        const limit = whole(Number(query.get('limit')), 'limit', 1, maxResults);
        const after = uuid(query.get('after'), 'after');
        const all = [...get(query.get('class') ?? '').objects.values()]
          .filter(({ key }) => key > after)
          .sort((a, b) => (a.key < b.key ? -1 : 1));
        return ok({ objects: all.slice(0, limit).map(({ key, fields }) => ({ id: key, properties: fields })) });
      }
      case 'POST /v1/graphql': {
        const source = text(shape(body, 'body', 'query').query, 'query');
        try {
          return ok({ data: Object.fromEntries(readGraphql(source).map((field) => [field.name, run(field)])) });
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          return ok({ data: null, errors: [{ locations: [], path: null, message: error.message }] });
        }
      }
      default:
        throw new Refusal(404, 'path not found');
    }
  }

  function run(field: GraphqlField): unknown {
    const answers = field.fields.map((of) => {
      const found = classes.get(of.name);
      if (found === undefined) throw new Refusal(422, `Cannot query field "${of.name}" on type "${field.name}ObjectsObj".`);
      return [of.name, field.name === 'Aggregate' ? [{ meta: { count: found.objects.size } }] : search(found, of)];
    });
    return Object.fromEntries(answers);
  }

  function search(found: WeaviateClass, { arguments: given, fields }: GraphqlField): unknown {
    const { nearVector, limit, where } = shape(given, 'Get', 'nearVector', 'limit', 'where?');
    const vector = vectorOf(shape(nearVector, 'nearVector', 'vector').vector, 'vector');
    if (found.dimension !== undefined && vector.length !== found.dimension)
      throw new Refusal(422, `explorer: get class: vector search: vector lengths don't match: ${found.dimension} vs ${vector.length}`);
    const matches = where === undefined ? () => true : readWhere(found, where, 'graphql');
    for (const { name } of fields)
      if (name !== '_additional' && !found.properties.has(name)) throw new Refusal(422, `Cannot query field "${name}"`);
    return nearest(found.objects.values(), vector, whole(limit, 'limit', 1, maxResults), matches).map(({ entry, cosine }) => ({
      ...Object.fromEntries(fields.filter(({ name }) => name !== '_additional').map(({ name }) => [name, entry.fields[name] ?? null])),
      _additional: { distance: 1 - cosine },
    }));
  }

  return {
    maxBytes: 10 * 1024 * 1024,
    handle,
    refuse: ({ status, message }) => ({ status, json: { error: [{ message }] } }),
  };
}

function createClass(classes: Map<string, WeaviateClass>, body: unknown): void {
  const given = shape(body, 'body', 'class', 'vectorizer', 'vectorIndexType?', 'vectorIndexConfig', 'invertedIndexConfig?', 'properties');
  const name = text(given.class, 'class');
  if (!/^[A-Z][_0-9A-Za-z]{0,254}$/.test(name)) throw new Refusal(422, `'${name}' is not a valid class name`);
  if (classes.has(name)) throw new Refusal(422, `class name ${name} already exists`);
  if (given.vectorizer !== 'none' || shape(given.vectorIndexConfig, 'vectorIndexConfig', 'distance').distance !== 'cosine')
    throw new Refusal(422, 'vectorizer');
  const created: WeaviateClass = { properties: new Map(), objects: new Map(), dimension: undefined };
  for (const property of list(given.properties, 'properties')) addProperty(created, property);
  classes.set(name, created);
}

function addProperty({ properties }: WeaviateClass, body: unknown): void {
  const given = shape(body, 'property', 'name', 'dataType', 'tokenization?', 'indexFilterable?', 'indexSearchable?', 'indexRangeFilters?');
  const name = text(given.name, 'name');
  if (!/^[_A-Za-z][_0-9A-Za-z]{0,230}$/.test(name)) throw new Refusal(422, `'${name}' is not a valid property name`);
  if (properties.has(name)) throw new Refusal(422, `property ${name} already exists`);
  const [type] = list(given.dataType, 'dataType');
  if (!['text', 'number', 'boolean'].includes(String(type))) throw new Refusal(422, 'dataType');
  if ((type === 'text') !== (given.tokenization !== undefined))
    throw new Refusal(422, `Tokenization is not allowed for data type '${String(type)}'`);
  if (given.indexRangeFilters === true && type !== 'number')
    throw new Refusal(422, '`indexRangeFilters` is allowed only for number/int/date');
  properties.set(name, given);
}

function putObject(get: (name: string) => WeaviateClass, object: unknown): unknown {
  const { class: name, id, vector, properties } = shape(object, 'object', 'class', 'id', 'vector?', 'properties');
  const found = get(text(name, 'class'));
  const failed = (message: string) => ({ id, result: { status: 'FAILED', errors: { error: [{ message }] } } });
  const numbers = vector === undefined ? undefined : vectorOf(vector, 'vector');
  if (numbers !== undefined && found.dimension !== undefined && numbers.length !== found.dimension)
    return failed(`new node has a vector with length ${numbers.length}. Existing nodes have vectors with length ${found.dimension}`);
  for (const [key, value] of Object.entries(properties as Shape)) {
    const type = (found.properties.get(key)?.['dataType'] as readonly string[] | undefined)?.[0];
    // Weaviate would make it by itself, with text cut into words.
    if (type === undefined) return failed(`no such prop with name '${key}' found in class '${String(name)}'`);
    if ((type === 'text' ? 'string' : type) !== typeof value) return failed(`invalid ${type} property '${key}'`);
  }
  if (numbers !== undefined) found.dimension = numbers.length;
  found.objects.set(uuid(id, 'id'), { key: String(id), vector: numbers, fields: properties as Shape });
  return { id, result: { status: 'SUCCESS' } };
}

type Matches = (entry: PeerEntry) => boolean;

function readWhere(of: WeaviateClass, where: unknown, form: 'rest' | 'graphql'): Matches {
  const values = ['valueText?', 'valueNumber?', 'valueBoolean?', ...(form === 'rest' ? ['valueTextArray?'] : [])];
  const given = shape(where, 'where', 'operator', 'path?', 'operands?', ...values);
  const operator = form === 'graphql' ? String(shape(given.operator, 'operator', 'enum').enum) : text(given.operator, 'operator');
  if (operator === 'And' || operator === 'Or') {
    const operands = list(given.operands, 'operands').map((operand) => readWhere(of, operand, form));
    return (entry) => (operator === 'And' ? operands.every((matches) => matches(entry)) : operands.some((matches) => matches(entry)));
  }
  const [name] = list(given.path, 'path');
  const property = of.properties.get(String(name));
  if (name !== 'id' && property === undefined) throw new Refusal(422, `no such prop with name '${String(name)}' found in class`);
  if (property !== undefined && property['indexFilterable'] !== true)
    throw new Refusal(422, `Filtering by property '${String(name)}' requires inverted index`);
  const type = name === 'id' ? 'text' : list(property?.['dataType'], 'dataType')[0];
  const wanted =
    given[
      type === 'text'
        ? given['valueTextArray'] === undefined
          ? 'valueText'
          : 'valueTextArray'
        : type === 'number'
          ? 'valueNumber'
          : 'valueBoolean'
    ];
  if (wanted === undefined)
    throw new Refusal(422, `data type filter cannot use another type on '${String(name)}', use value${String(type)}`);
  const read = ({ key, fields }: PeerEntry) => (name === 'id' ? key : fields[String(name)]);
  if (operator === 'ContainsAny') {
    const any = list(wanted, 'ContainsAny');
    return (entry) => any.includes(read(entry));
  }
  if (Array.isArray(wanted)) throw new Refusal(422, 'array value needs ContainsAny');
  if (operator === 'Like' && wanted === '*') return (entry) => typeof read(entry) === 'string';
  if (operator === 'Equal') return (entry) => read(entry) === wanted;
  const compare = COMPARE[operator];
  if (compare === undefined || typeof wanted !== 'number') throw new Refusal(422, `unknown operator ${operator}`);
  return (entry) => typeof read(entry) === 'number' && compare(read(entry) as number, wanted);
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  GreaterThan: (a, b) => a > b,
  GreaterThanEqual: (a, b) => a >= b,
  LessThan: (a, b) => a < b,
  LessThanEqual: (a, b) => a <= b,
};
