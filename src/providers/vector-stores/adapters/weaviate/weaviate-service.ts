/**
 * Weaviate by REST and GraphQL (VEC-05). The record is an object without a vector, which no search finds; it has no `hector_id`, and what
 * counts, lists or removes asks for that. A filter may name only properties that the class has, so they are known here.
 */
import { AppError } from '../../../../base/errors.js';
import { isJsonObject } from '../../../../base/json.js';
import type { AdapterOptions } from '../../outside/adapter-options.js';
import { encodeVector } from '../../outside/encode-vector.js';
import { createExchange } from '../../outside/exchange.js';
import { findText, listIn, numberIn, objectIn, textIn } from '../../outside/fields-of-answer.js';
import { ToldFailure } from '../../outside/map-service-failure.js';
import { orMissing } from '../../outside/missing.js';
import type { VectorService } from '../../outside/vector-service.js';
import { WeaviateClasses } from './weaviate-classes.js';
import { toGraphql, toWhere } from './weaviate-where.js';

export function createWeaviateService({ key, settings, clock, log }: AdapterOptions): VectorService {
  const headers: Record<string, string> = settings.apiKey === '' ? {} : { authorization: `Bearer ${settings.apiKey}` };
  const exchange = createExchange({ key, settings, headers, clock, log });
  const classes = new WeaviateClasses(exchange);

  async function query(name: string, text: string, signal: AbortSignal): Promise<unknown> {
    const check = (json: unknown) => throwErrors(json, name);
    const request = { method: 'POST', path: '/v1/graphql', body: { query: text }, isRead: true, collection: name, check } as const;
    return objectIn((await exchange(request, signal)).json, 'data');
  }

  async function putObjects(name: string, objects: string, signal: AbortSignal): Promise<void> {
    const check = (json: unknown) => {
      const failed = (Array.isArray(json) ? json : []).find((each) => findText(each, 'result', 'status') === 'FAILED');
      if (failed !== undefined) throw failureOf(listIn(failed, 'result', 'errors', 'error'));
    };
    // Objects of a class that is not there would make one, with a schema of its own.
    const className = await classes.nameOf(name, signal);
    const body = `{"objects":[${objects.replaceAll(CLASS_MARK, JSON.stringify(className))}]}`;
    await exchange({ method: 'POST', path: '/v1/batch/objects', body, isRead: false, collection: name, check }, signal);
  }

  async function deleteWhere(name: string, where: unknown, signal: AbortSignal): Promise<void> {
    const className = await classes.nameOf(name, signal);
    const body = { match: { class: className, where }, output: 'minimal' };
    const request = { method: 'DELETE', path: '/v1/batch/objects', body, isRead: false, collection: name } as const;
    // The service removes so many at once and tells how many there were.
    for (;;) {
      const results = objectIn((await exchange(request, signal)).json, 'results');
      const [matches, limit, failed] = ['matches', 'limit', 'failed'].map((field) => numberIn(results, field)) as [number, number, number];
      if (failed > 0) throw new AppError('VECTOR_STORE_UNAVAILABLE', { message: `Weaviate could not remove ${failed} objects (${key})` });
      if (matches < limit || matches === 0) return;
    }
  }

  const writeRecord = (name: string, record: string, signal: AbortSignal) =>
    putObjects(name, `{"class":${CLASS_MARK},"id":"${RECORD_KEY}","properties":${JSON.stringify({ hector_record: record })}}`, signal);

  return {
    limits: { rows: 200, bytes: 4 * 1024 * 1024, keys: 1_000, hits: 10_000 },
    async findRecord(name, signal) {
      const className = await classes.find(name, signal);
      if (className === undefined) return undefined;
      const path = `/v1/objects/${className}/${RECORD_KEY}`;
      const answer = await orMissing(exchange({ method: 'GET', path, isRead: true, collection: name }, signal));
      return findText(answer?.json, 'properties', 'hector_record') ?? '';
    },
    async create(name, _dimension, record, signal) {
      await classes.create(name, signal);
      await writeRecord(name, record, signal);
    },
    writeRecord: (name, _dimension, record, signal) => writeRecord(name, record, signal),
    drop: (name, signal) => classes.drop(name, signal),
    encode({ key: id, id: entry, vector, fields, metadata }) {
      const properties = JSON.stringify({ ...fields, hector_id: entry, hector_metadata: metadata });
      return `{"class":${CLASS_MARK},"id":"${id}","vector":${encodeVector(vector)},"properties":${properties}}`;
    },
    async upsert(name, rows, signal) {
      await classes.addProperties(name, rows, signal);
      await putObjects(name, rows.map(({ json }) => json).join(','), signal);
    },
    remove: (name, keys, signal) => deleteWhere(name, { path: ['id'], operator: 'ContainsAny', valueTextArray: keys }, signal),
    async removeWhere(name, conditions, signal) {
      if (await classes.mayHave(name, conditions, signal)) await deleteWhere(name, toWhere(conditions, 'rest'), signal);
    },
    async search(name, { vector, limit, conditions, withMetadata }, signal) {
      if (!(await classes.mayHave(name, conditions, signal))) return [];
      const className = await classes.nameOf(name, signal);
      const where = conditions.length === 0 ? '' : `, where: ${toGraphql(toWhere(conditions, 'graphql'))}`;
      const wanted = `hector_id ${withMetadata ? 'hector_metadata ' : ''}_additional { distance }`;
      const text = `{ Get { ${className}(nearVector: { vector: ${encodeVector(vector)} }, limit: ${limit}${where}) { ${wanted} } } }`;
      return listIn(await query(name, text, signal), 'Get', className).map((object) => ({
        id: textIn(object, 'hector_id'),
        similarity: 1 - numberIn(object, '_additional', 'distance'),
        metadata: findText(object, 'hector_metadata'),
      }));
    },
    async list(name, after, signal) {
      const className = await classes.nameOf(name, signal);
      // Without `after` at first there is no order.
      const cursor = `&after=${after === '' ? FIRST_KEY : after}`;
      const path = `/v1/objects?class=${className}&limit=${PAGE}${cursor}`;
      const objects = listIn((await exchange({ method: 'GET', path, isRead: true, collection: name }, signal)).json, 'objects');
      const entries = objects.filter((object) => textIn(object, 'id') !== RECORD_KEY);
      return {
        entries: entries.map((object) => ({ key: textIn(object, 'id'), metadata: textIn(object, 'properties', 'hector_metadata') })),
        next: objects.length < PAGE ? undefined : textIn(objects.at(-1), 'id'),
      };
    },
    async count(name, signal) {
      const className = await classes.nameOf(name, signal);
      const data = await query(name, `{ Aggregate { ${className} { meta { count } } } }`, signal);
      return Math.max(0, numberIn(listIn(data, 'Aggregate', className)[0], 'meta', 'count') - 1);
    },
  };
}

/** GraphQL answers with status 200. A class that has gone meanwhile is no field any more. */
function throwErrors(json: unknown, name: string): void {
  const errors = isJsonObject(json) ? json['errors'] : undefined;
  if (!Array.isArray(errors) || errors.length === 0) return;
  const { message } = failureOf(errors);
  const said = message.toLowerCase();
  const isMissing = said.includes(`cannot query field "${name.toLowerCase()}"`) || /could not find class|class not found/.test(said);
  throw new ToldFailure(isMissing ? 404 : 422, message);
}

function failureOf(errors: readonly unknown[]): ToldFailure {
  const message = errors.map((error) => findText(error, 'message') ?? '').join('; ');
  return new ToldFailure(/could not find class|class .{0,200} not (found|present)/i.test(message) ? 404 : 422, message);
}

/** Where the class belongs in a row that is encoded before it is known. */
const CLASS_MARK = '"<class>"';
const RECORD_KEY = '00000000-0000-8000-8000-000000000001';
const FIRST_KEY = '00000000-0000-0000-0000-000000000000';
const PAGE = 500;
