/**
 * The classes that collections are in Weaviate, and which properties they have.
 *
 * Owns: what is known of them, asked for again when a filter names a property that is not known: another process may have added it.
 */
import { AppError, hasCode } from '../../../../base/errors.js';
import type { Exchange } from '../../outside/exchange.js';
import { listIn, textIn } from '../../outside/fields-of-answer.js';
import { orMissing } from '../../outside/missing.js';
import type { FieldCondition } from '../../outside/split-filter.js';
import type { EncodedRow } from '../../outside/vector-service.js';

export class WeaviateClasses {
  readonly #exchange: Exchange;
  readonly #properties = new Map<string, Set<string>>();

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** The class's name, as Weaviate writes it. */
  async nameOf(name: string, signal: AbortSignal): Promise<string> {
    const found = this.#properties.has(name) ? classOf(name) : await this.find(name, signal);
    if (found === undefined) throw new AppError('VECTOR_STORE_COLLECTION_MISSING', { message: `Weaviate has no class '${classOf(name)}'` });
    return found;
  }

  async find(name: string, signal: AbortSignal): Promise<string | undefined> {
    const path = `/v1/schema/${classOf(name)}`;
    const answer = await orMissing(this.#exchange({ method: 'GET', path, isRead: true, collection: name }, signal));
    if (answer === undefined) {
      this.#properties.delete(name);
      return undefined;
    }
    this.#properties.set(name, new Set(listIn(answer.json, 'properties').map((property) => textIn(property, 'name'))));
    return classOf(name);
  }

  async create(name: string, signal: AbortSignal): Promise<void> {
    const properties = OWN_PROPERTIES.map(([property, isFilterable]) => propertyOf(property, '', isFilterable));
    const body = {
      class: classOf(name),
      vectorizer: 'none',
      vectorIndexType: 'hnsw',
      vectorIndexConfig: { distance: 'cosine' },
      invertedIndexConfig: { stopwords: { preset: 'none' } },
      properties,
    };
    await this.#exchange({ method: 'POST', path: '/v1/schema', body, isRead: false }, signal);
    this.#properties.set(name, new Set(properties.map((property) => property.name)));
  }

  async drop(name: string, signal: AbortSignal): Promise<void> {
    this.#properties.delete(name);
    await orMissing(this.#exchange({ method: 'DELETE', path: `/v1/schema/${classOf(name)}`, isRead: false, collection: name }, signal));
  }

  /** Left to themselves, classes would get properties whose text is cut into words. */
  async addProperties(name: string, rows: readonly EncodedRow[], signal: AbortSignal): Promise<void> {
    const className = await this.nameOf(name, signal);
    const known = this.#properties.get(name) ?? new Set();
    for (const { row } of rows)
      for (const [field, value] of Object.entries(row.fields)) {
        if (known.has(field)) continue;
        const path = `/v1/schema/${className}/properties`;
        try {
          await this.#exchange({ method: 'POST', path, body: propertyOf(field, value, true), isRead: true, collection: name }, signal);
        } catch (error) {
          // 422: somebody else was quicker, which the class tells.
          if (!hasCode(error, 'VECTOR_STORE_REJECTED')) throw error;
          await this.find(name, signal);
          if (this.#properties.get(name)?.has(field) !== true) throw error;
        }
        known.add(field);
      }
  }

  /** Whether any entry can fulfil these: one that has all of their properties. */
  async mayHave(name: string, conditions: readonly FieldCondition[], signal: AbortSignal): Promise<boolean> {
    await this.nameOf(name, signal);
    const hasAll = () => conditions.every(({ field }) => this.#properties.get(name)?.has(field) === true);
    if (hasAll()) return true;
    await this.find(name, signal);
    return hasAll();
  }
}

/** Names of classes begin with a capital letter. */
function classOf(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function propertyOf(name: string, value: unknown, isFilterable: boolean) {
  const shared = { name, indexFilterable: isFilterable };
  if (typeof value === 'number') return { ...shared, dataType: ['number'], indexRangeFilters: isFilterable };
  if (typeof value === 'boolean') return { ...shared, dataType: ['boolean'] };
  return { ...shared, dataType: ['text'], tokenization: 'field', indexSearchable: false };
}

const OWN_PROPERTIES = [
  ['hector_id', true],
  ['hector_metadata', false],
  ['hector_record', false],
] as const;
