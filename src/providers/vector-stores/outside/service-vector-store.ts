/**
 * A vector store over a service that other processes use as well.
 *
 * Owns: what it knows of each collection (length of vectors, position as last read or written), and the abort of requests at `close()`.
 * Does not own: the collections. Another process may drop one at any moment; what is known of it is forgotten when the service says so.
 */
import { AppError, hasCode } from '../../../base/errors.js';
import { type Metadata, type MetadataFilter, matchesFilter } from '../../../base/metadata.js';
import type { CollectionPosition, VectorEntry, VectorHit, VectorQuery, VectorSearch, VectorStore } from '../contract.js';
import { collectionName, entryKey } from './collection-name.js';
import { type PositionRecord, readRecord, writeRecord } from './position-record.js';
import { sendBatches } from './send-batches.js';
import { splitFilter, toFields } from './split-filter.js';
import type { ServiceHit, ServiceRow, VectorService } from './vector-service.js';

export interface ServiceVectorStoreOptions {
  readonly type: string;
  /** Names of collections begin so. */
  readonly prefix: string;
  readonly service: VectorService;
}

export function createServiceVectorStore({ type, prefix, service }: ServiceVectorStoreOptions): VectorStore {
  const known = new Map<string, PositionRecord>();
  /** Of collections that are not there yet: without a vector nobody knows how long vectors are. */
  const pending = new Map<string, CollectionPosition>();
  const closing = new AbortController();
  const nameOf = (collection: string) => collectionName(prefix, collection);
  const withClosing = (signal: AbortSignal | undefined) =>
    signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);

  async function look(collection: string, signal: AbortSignal): Promise<PositionRecord | undefined> {
    const text = await service.findRecord(nameOf(collection), signal);
    const record = text === undefined ? undefined : readRecord(text);
    if (record === undefined) known.delete(collection);
    else known.set(collection, record);
    return record;
  }

  /** Forgets a collection that has gone meanwhile. */
  async function inCollection<T>(collection: string, act: (name: string) => Promise<T>): Promise<T> {
    try {
      return await act(nameOf(collection));
    } catch (error) {
      if (hasCode(error, 'VECTOR_STORE_COLLECTION_MISSING')) known.delete(collection);
      throw error;
    }
  }

  async function create(collection: string, dimension: number, signal: AbortSignal): Promise<PositionRecord> {
    const name = nameOf(collection);
    const record = { position: pending.get(collection) ?? NOWHERE, dimension };
    // One without a readable record was never finished, and nothing is in it.
    await service.drop(name, signal);
    await service.create(name, dimension, writeRecord(record), signal);
    pending.delete(collection);
    known.set(collection, record);
    return record;
  }

  async function removeKeys(collection: string, keys: readonly string[], signal: AbortSignal): Promise<void> {
    for (let at = 0; at < keys.length; at += service.limits.keys)
      await inCollection(collection, (name) => service.remove(name, keys.slice(at, at + service.limits.keys), signal));
  }

  const positionOf = (collection: string) => known.get(collection)?.position ?? pending.get(collection) ?? NOWHERE;

  return {
    type,
    isShared: true,

    async upsert(collection, entries, given) {
      // Of several with one id the last one counts; services refuse them in one request.
      const latest = [...new Map(entries.map((entry) => [entry.id, entry])).values()];
      const [first] = latest;
      if (first === undefined) return;
      const signal = withClosing(given);
      const { length } = first.vector;
      const record = known.get(collection) ?? (await look(collection, signal)) ?? (await create(collection, length, signal));
      for (const { vector } of latest) checkLength(collection, record.dimension, vector);
      const zeros = latest.filter(({ vector }) => vector.every((value) => value === 0));
      const rows = (zeros.length === 0 ? latest : latest.filter((entry) => !zeros.includes(entry))).map(toRow);
      const encoded = rows.map((row) => ({ row, json: service.encode(row) }));
      await sendBatches(encoded, service.limits, (batch) => inCollection(collection, (name) => service.upsert(name, batch, signal)));
      await removeKeys(
        collection,
        zeros.map(({ id }) => entryKey(id)),
        signal,
      );
    },

    async remove(collection, ids, given) {
      const signal = withClosing(given);
      if (ids.length === 0 || (known.get(collection) ?? (await look(collection, signal))) === undefined) return;
      await removeKeys(collection, [...new Set(ids)].map(entryKey), signal);
    },

    async removeWhere(collection, filter, given) {
      const signal = withClosing(given);
      const { conditions, isExact, isEmpty } = splitFilter(filter);
      if (isEmpty || (known.get(collection) ?? (await look(collection, signal))) === undefined) return;
      if (isExact) return await inCollection(collection, (name) => service.removeWhere(name, conditions, signal));
      await removeKeys(collection, await findMatches(service, nameOf(collection), filter, signal), signal);
    },

    async search(collection, query, given): Promise<VectorSearch> {
      const signal = withClosing(given);
      const record = known.get(collection) ?? (await look(collection, signal));
      const position = positionOf(collection);
      if (record === undefined) return { position, hits: [] };
      checkLength(collection, record.dimension, query.vector);
      try {
        return { position, hits: await inCollection(collection, (name) => searchService(service, name, query, signal)) };
      } catch (error) {
        if (!hasCode(error, 'VECTOR_STORE_COLLECTION_MISSING')) throw error;
        return { position: NOWHERE, hits: [] };
      }
    },

    async count(collection) {
      const { signal } = closing;
      if ((known.get(collection) ?? (await look(collection, signal))) === undefined) return 0;
      return await inCollection(collection, (name) => service.count(name, signal));
    },

    async dropCollection(collection, given) {
      known.delete(collection);
      pending.delete(collection);
      await service.drop(nameOf(collection), withClosing(given));
    },

    async position(collection, given) {
      await look(collection, withClosing(given));
      return positionOf(collection);
    },

    async markPosition(collection, position, given) {
      const signal = withClosing(given);
      const record = known.get(collection) ?? (await look(collection, signal));
      if (record === undefined) {
        pending.set(collection, position);
        return;
      }
      const next = { ...record, position };
      await inCollection(collection, (name) => service.writeRecord(name, next.dimension, writeRecord(next), signal));
      known.set(collection, next);
    },

    // What a service has answered is its to keep.
    async flush() {},

    async close() {
      closing.abort(new AppError('VECTOR_STORE_UNAVAILABLE', { message: 'The vector store has been closed' }));
    },
  };
}

/** Asks for more while entries fall away that only their metadata here tells from matches. */
async function searchService(
  service: VectorService,
  name: string,
  { vector, topK, filter = {}, withMetadata = false }: VectorQuery,
  signal: AbortSignal,
): Promise<readonly VectorHit[]> {
  const { conditions, isExact, isEmpty } = splitFilter(filter);
  if (isEmpty || topK <= 0 || vector.every((value) => value === 0)) return [];
  for (let wanted = isExact ? topK : Math.max(topK * 4, 50); ; wanted *= 4) {
    const limit = Math.min(wanted, service.limits.hits);
    const found = await service.search(name, { vector, limit, conditions, withMetadata: withMetadata || !isExact }, signal);
    const matches = isExact ? found : found.filter(({ metadata }) => matchesFilter(parseMetadata(metadata), filter));
    if (matches.length >= topK || found.length < limit || limit >= service.limits.hits)
      return [...matches]
        .sort(bestFirst)
        .slice(0, topK)
        .map((hit) => toHit(hit, withMetadata));
  }
}

async function findMatches(service: VectorService, name: string, filter: MetadataFilter, signal: AbortSignal): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const { entries, next } = await service.list(name, after, signal);
    keys.push(...entries.filter(({ metadata }) => matchesFilter(parseMetadata(metadata), filter)).map(({ key }) => key));
    after = next;
  }
  return keys;
}

function checkLength(collection: string, dimension: number, vector: Float32Array): void {
  if (vector.length !== dimension)
    throw new AppError('INDEX_FAILED', {
      message: `The vectors of collection '${collection}' have ${dimension} numbers, this one has ${vector.length}`,
    });
}

function toRow({ id, vector, metadata }: VectorEntry): ServiceRow {
  return { key: entryKey(id), id, vector, fields: toFields(metadata), metadata: JSON.stringify(metadata) };
}

function toHit({ id, similarity, metadata }: ServiceHit, withMetadata: boolean): VectorHit {
  const score = Math.min(1, Math.max(0, similarity));
  return withMetadata ? { id, score, metadata: parseMetadata(metadata) } : { id, score };
}

function bestFirst(a: ServiceHit, b: ServiceHit): number {
  return b.similarity - a.similarity;
}

function parseMetadata(text: string | undefined): Metadata {
  return JSON.parse(text ?? '{}') as Metadata;
}

const NOWHERE: CollectionPosition = { source: '', version: 0 };
