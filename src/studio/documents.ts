/** Documents of a store: listed, looked at with their chunks, taken out, indexed anew. */
import { AppError } from '../base/errors.js';
import type { JsonValue } from '../base/json.js';
import type { DocumentRecord } from '../knowledge/chunk-store.js';
import { assertStore } from './document-stores.js';
import { viewDocument, viewRun } from './document-view.js';
import { QueryReader } from './query-reader.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

export interface DocumentPlace {
  readonly store: string;
  readonly id: string;
}

/** `GET …/documents`: in an order of its own that does not change. */
export async function listDocuments({ knowledge }: StudioPorts, store: string, query: URLSearchParams): Promise<StudioResponse> {
  const reader = new QueryReader(query, ['status', 'error', 'limit', 'cursor']);
  const text = reader.text('status');
  const status = STATUSES.find((name) => name === text);
  if (text !== undefined && status === undefined)
    reader.problems.add('status', `must be one of ${STATUSES.join(', ')}, not '${text.slice(0, 40)}'`);
  const error = reader.text('error');
  const limit = reader.integer('limit', { minimum: 1, maximum: 500 }) ?? DEFAULT_LIMIT;
  const afterKey = reader.cursor((cursor) => (/^[0-9a-f]{40}$/.test(cursor) ? cursor : undefined)) ?? '';
  reader.problems.throwIfAny();
  assertStore(knowledge, store);
  const page = await knowledge.runs.documents({ store, status, error, afterKey, limit: limit + 1 });
  const shown = page.slice(0, limit);
  const next = page.length > limit ? { next_cursor: shown.at(-1)?.key ?? '' } : {};
  return { status: 200, body: { documents: shown.map(viewDocument), ...next } };
}

/** `GET …/documents/{id}`: with its metadata and chunks, page by page. */
export async function inspectDocument(ports: StudioPorts, place: DocumentPlace, query: URLSearchParams): Promise<StudioResponse> {
  const reader = new QueryReader(query, ['limit', 'cursor']);
  const limit = reader.integer('limit', { minimum: 1, maximum: 500 }) ?? DEFAULT_CHUNKS;
  const from = reader.cursor((cursor) => (/^\d{1,9}$/.test(cursor) ? Number(cursor) : undefined)) ?? 0;
  reader.problems.throwIfAny();
  const record = await getDocument(ports, place);
  const texts = await ports.knowledge.runs.texts(place.store, place.id, from, limit + 1);
  const chunks = texts
    .slice(0, limit)
    .map(({ index, text, startLine, endLine }) => ({ index, start_line: startLine, end_line: endLine, text }));
  const next = texts.length > limit ? { next_cursor: String(texts[limit]?.index) } : {};
  return { status: 200, body: { ...viewDocument(record), metadata: record.metadata as JsonValue, chunk_texts: chunks, ...next } };
}

/** `DELETE …/documents/{id}`: out of the index until its source shows another version of it, or somebody has it indexed anew. */
export async function deleteDocument(ports: StudioPorts, place: DocumentPlace): Promise<StudioResponse> {
  const { knowledge, clock } = ports;
  for (let tries = 0; ; tries++) {
    const { generation } = await getDocument(ports, place);
    const collection = knowledge.stores.get(place.store)?.settings.collection ?? place.store;
    const change = { type: 'remove', ...place, generation, byHand: true } as const;
    const [outcome] = await knowledge.documents.commit(collection, [change], clock.now());
    if (outcome === 'committed') return { status: 200, body: { id: place.id, deleted: true } };
    // It was indexed in between: the newer chunks go too.
    if (tries >= MAX_TRIES)
      throw new AppError('DATABASE_BUSY', { message: `The document '${place.id.slice(0, 80)}' changes all the time; try again` });
  }
}

/** `POST …/documents/{id}/reingest`: whatever its version; its present chunks stay until the new ones are there. */
export async function reingestDocument(ports: StudioPorts, place: DocumentPlace, caller: string): Promise<StudioResponse> {
  const { knowledge, clock } = ports;
  await getDocument(ports, place);
  if (!(await knowledge.runs.forgetVersion(place.store, place.id))) throw notFound(place);
  const [run] = await knowledge.ingester.begin({ stores: [place.store], mode: 'changes', by: `api ${caller}` });
  return { status: 202, body: run === undefined ? {} : viewRun(run, clock.now()) };
}

async function getDocument({ knowledge }: StudioPorts, place: DocumentPlace): Promise<DocumentRecord> {
  assertStore(knowledge, place.store);
  const record = (await knowledge.documents.findDocuments(place.store, [place.id])).get(place.id);
  if (record === undefined || record.status === 'removed') throw notFound(place);
  return record;
}

function notFound({ store, id }: DocumentPlace): AppError {
  return new AppError('DOCUMENT_NOT_FOUND', {
    message: `The document store '${store}' has no document '${id.slice(0, 200)}'; GET /api/document_stores/${store}/documents lists them`,
  });
}

const STATUSES = ['indexed', 'failed', 'pending', 'deleted'] as const;
const DEFAULT_LIMIT = 50;
const DEFAULT_CHUNKS = 20;
const MAX_TRIES = 20;
