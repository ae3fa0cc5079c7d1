/** `DELETE /api/document_stores/{store}`: what a store has left that the configuration names no more. */
import { AppError } from '../base/errors.js';
import type { LeftPage } from '../knowledge/runs/left-stores.js';
import { QueryReader } from './query-reader.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/**
 * Documents, chunks, vectors and runs; 202 when there is more of it than one request should wait for, and the next one goes on.
 * @throws AppError `DOCUMENT_STORE_CONFIGURED`, `DOCUMENT_STORE_NOT_FOUND`
 */
export async function dropDocumentStore(ports: StudioPorts, store: string, query: URLSearchParams): Promise<StudioResponse> {
  const { knowledge, clock } = ports;
  const { left, runs, stores } = knowledge;
  const reader = new QueryReader(query, ['confirm']);
  if (stores.has(store))
    throw new AppError('DOCUMENT_STORE_CONFIGURED', {
      message: `'${store}' stands in document_stores, so it would be filled again; take it out of the configuration first, of all processes`,
    });
  if (!(await left.names()).includes(store) && (await left.page(store, 1)).documents.length === 0)
    throw new AppError('DOCUMENT_STORE_NOT_FOUND', { message: `There is nothing of a document store '${store.slice(0, 80)}'` });
  if (reader.text('confirm') !== store)
    reader.problems.add('confirm', `must be the name of the store, ${store}: its documents, chunks and vectors are deleted for good`);
  reader.problems.throwIfAny();
  for (const run of await runs.open()) if (run.store === store) await runs.cancel(run.id, 'The document store is dropped', clock.now());
  const until = clock.monotonic() + WORK_MS;
  const indexes = new IndexDrops(ports, store);
  const gone = { documents: 0, chunks: 0 };
  let isFinished = false;
  while (!isFinished && clock.monotonic() < until) {
    const page = await left.page(store, PAGE);
    if (page.documents.length === 0) {
      isFinished = await left.forget(store, FORGOTTEN_AT_ONCE);
      continue;
    }
    await indexes.drop(page);
    const taken = await left.takeOut(store, page, clock.now());
    gone.documents += taken.documents;
    gone.chunks += taken.chunks;
  }
  const warnings = indexes.failed.map(
    (name) => `the vector store '${name}' could not be asked; vectors of ${store} may be left there, and are found by nobody`,
  );
  return {
    status: isFinished ? 200 : 202,
    body: { name: store, finished: isFinished, ...gone, ...(warnings.length === 0 ? {} : { warnings }) },
  };
}

/** Each collection's vectors once, before what names them is gone; what other stores are in loses documents as every index does. */
class IndexDrops {
  readonly #ports: StudioPorts;
  readonly #store: string;
  readonly #seen = new Set<string>();
  readonly #failed = new Set<string>();

  constructor(ports: StudioPorts, store: string) {
    this.#ports = ports;
    this.#store = store;
  }

  get failed(): readonly string[] {
    return [...this.#failed];
  }

  async drop({ places }: LeftPage): Promise<void> {
    const { knowledge } = this.#ports;
    for (const place of places) {
      const key = JSON.stringify(place);
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      const isConfigured = [...knowledge.stores.values()].some(({ settings }) => settings.collection === place.collection);
      if (isConfigured || !(await knowledge.left.isAlone(this.#store, place.collection))) continue;
      for (const name of await knowledge.dropIndex(place, AbortSignal.timeout(INDEX_MS))) this.#failed.add(name);
    }
  }
}

const PAGE = 100;
const FORGOTTEN_AT_ONCE = 2_000;
/** Of one request. */
const WORK_MS = 5_000;
const INDEX_MS = 10_000;
