/**
 * What an adapter knows of its service: how to say things there. What is the same for all of them (names, batches, filters, positions) is in
 * `service-vector-store.ts`.
 *
 * A collection of a service holds entries and one *record*: a text that tells how far it has come. The record is written with the collection,
 * never found by a search, never counted or listed, and gone with the collection.
 */
import type { FieldCondition, FieldValue } from './split-filter.js';

export interface ServiceRow {
  /** UUID, the same for the same id. */
  readonly key: string;
  readonly id: string;
  readonly vector: Float32Array;
  /** What a service can filter by: names of letters, digits and `_`, strings that are short and plain. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** All of the entry's metadata as JSON. */
  readonly metadata: string;
}

export interface EncodedRow {
  readonly row: ServiceRow;
  /** As the request holds it. */
  readonly json: string;
}

export interface ServiceQuery {
  readonly vector: Float32Array;
  /** At most `limits.hits`. */
  readonly limit: number;
  /** All hold. */
  readonly conditions: readonly FieldCondition[];
  readonly withMetadata: boolean;
}

export interface ServiceHit {
  readonly id: string;
  /** Cosine similarity. */
  readonly similarity: number;
  readonly metadata: string | undefined;
}

export interface ServicePage {
  readonly entries: readonly { readonly key: string; readonly metadata: string }[];
  /** Where the next page begins; `undefined` = this was the last one. */
  readonly next: string | undefined;
}

export interface ServiceLimits {
  /** Of one request. */
  readonly rows: number;
  readonly bytes: number;
  readonly keys: number;
  /** Of one search. */
  readonly hits: number;
}

/** Whatever needs a collection that is not there throws `VECTOR_STORE_COLLECTION_MISSING`. */
export interface VectorService {
  readonly limits: ServiceLimits;
  /** The collection's record, '' when it has none; `undefined` = there is no such collection. */
  findRecord(name: string, signal: AbortSignal): Promise<string | undefined>;
  /** With its record, and nothing in it before that. */
  create(name: string, dimension: number, record: string, signal: AbortSignal): Promise<void>;
  writeRecord(name: string, dimension: number, record: string, signal: AbortSignal): Promise<void>;
  /** No error when there is none. */
  drop(name: string, signal: AbortSignal): Promise<void>;
  encode(row: ServiceRow): string;
  upsert(name: string, rows: readonly EncodedRow[], signal: AbortSignal): Promise<void>;
  remove(name: string, keys: readonly string[], signal: AbortSignal): Promise<void>;
  /** `[]` = every entry. */
  removeWhere(name: string, conditions: readonly FieldCondition[], signal: AbortSignal): Promise<void>;
  search(name: string, query: ServiceQuery, signal: AbortSignal): Promise<readonly ServiceHit[]>;
  /** Every entry, in any order; `after` '' = from the beginning. */
  list(name: string, after: string, signal: AbortSignal): Promise<ServicePage>;
  count(name: string, signal: AbortSignal): Promise<number>;
}
