/** `GET /api/document_stores`, and one of them: what it holds and how it is (RAG-38). */
import { AppError } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import { judgeStore } from '../knowledge/store-health.js';
import { viewRun } from './document-view.js';
import type { KnowledgePort } from './knowledge-port.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

export async function listDocumentStores(ports: StudioPorts): Promise<StudioResponse> {
  const stores: JsonObject[] = [];
  const { knowledge } = ports;
  for (const name of knowledge.stores.keys()) stores.push(await view(ports, name));
  const left: JsonObject[] = [];
  for (const name of await knowledge.left.names()) {
    if (knowledge.stores.has(name)) continue;
    const { indexed, failed, pending, chunks } = await knowledge.runs.documentCounts(name);
    left.push({ name, documents: indexed + failed + pending, chunks });
  }
  return { status: 200, body: { document_stores: stores, ...(left.length === 0 ? {} : { no_longer_configured: left }) } };
}

export async function inspectDocumentStore(ports: StudioPorts, store: string): Promise<StudioResponse> {
  assertStore(ports.knowledge, store);
  return { status: 200, body: await view(ports, store) };
}

/** @throws AppError `DOCUMENT_STORE_NOT_FOUND` */
export function assertStore({ stores }: KnowledgePort, name: string): void {
  if (stores.has(name)) return;
  throw new AppError('DOCUMENT_STORE_NOT_FOUND', {
    message: `There is no document store '${name.slice(0, 80)}'; there are ${[...stores.keys()].join(', ') || 'none'}`,
  });
}

async function view({ knowledge, clock }: StudioPorts, name: string): Promise<JsonObject> {
  const { runs, stores } = knowledge;
  const now = clock.now();
  const [counts, openRuns, past] = await Promise.all([
    runs.documentCounts(name),
    runs.open(),
    runs.list({ store: name, before: '', limit: LOOKED_AT_RUNS }),
  ]);
  const open = openRuns.find((run) => run.store === name);
  const last = past.find(({ state }) => state === 'finished' || state === 'failed');
  const { health, reason } = judgeStore({ counts, open, last, indexFailure: knowledge.findIndexFailure(name), now });
  const settings = stores.get(name)?.settings;
  return {
    name,
    health,
    ...(reason === undefined ? {} : { reason }),
    source: settings?.source.type ?? '',
    collection: settings?.collection ?? '',
    documents: { indexed: counts.indexed, failed: counts.failed, pending: counts.pending, deleted: counts.deleted },
    chunks: counts.chunks,
    ...(open === undefined ? {} : { run: viewRun(open, now) }),
    ...(last === undefined ? {} : { last_run: viewRun(last, now) }),
  };
}

/** Canceled ones say nothing of the store. */
const LOOKED_AT_RUNS = 20;
